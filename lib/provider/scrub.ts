const REMOVED = '[removed]';
/** A piece of a secret this long is a leak as well; shorter pieces occur in ordinary text. */
const SHORTEST_PIECE = 12;
const LONGEST_TEXT = 500;

/**
 * Makes a cleaner for text that came from a provider and will stand in an error, a log or a status.
 * It takes out the known secrets (whole, in pieces and in the usual encodings), what looks like a credential or a key of
 * the media session, and masks phone numbers (`+55119…0123`). The result is one line of at most 500 characters.
 */
export function createScrubber(secrets: string[]): (text: string) => string {
  const needles = secrets
    .filter((secret) => secret.length > 0)
    .flatMap((secret) => {
      const bytes = Buffer.from(secret, 'utf8');
      return [
        secret,
        encodeURIComponent(secret),
        JSON.stringify(secret).slice(1, -1),
        bytes.toString('base64').replace(/=+$/, ''),
        bytes.toString('base64url'),
        bytes.toString('hex'),
      ];
    });
  return (text) => {
    // Bounded before the search, so that a huge reply costs nothing; a secret cut at the end is caught as a piece.
    let clean = text.slice(0, LONGEST_TEXT * 4);
    for (const needle of new Set(needles)) clean = withoutPieces(clean, needle);
    clean = clean
      .replace(/\b(bearer|basic)\s+[^\s"',;]+/gi, `$1 ${REMOVED}`)
      .replace(
        /\b(access_token|appsecret_proof|api[_-]?key|token|secret|password)(["']?\s*[=:]\s*["']?)[^\s"',;&]+/gi,
        `$1$2${REMOVED}`,
      )
      .replace(/\bEAA[A-Za-z0-9]{16,}/g, REMOVED)
      .replace(/\b(ice-pwd|ice-ufrag|inline|fingerprint):[^\\\r\n]*/gi, `$1:${REMOVED}`);
    clean = oneLine(clean);
    return maskPhones(clean).slice(0, LONGEST_TEXT);
  };
}

/** Masks every number that can be a phone number, for texts that people read. Unix seconds stay readable. */
export function maskPhones(text: string): string {
  return text.replace(/(?<!\d)\+?(\d{8,15})(?!\d)/g, (whole, digits: string) =>
    /^1[6-9]\d{8}$/.test(digits) && !whole.startsWith('+')
      ? whole
      : `+${digits.slice(0, -8) || digits.slice(0, 2)}…${digits.slice(-4)}`,
  );
}

function withoutPieces(text: string, secret: string): string {
  const piece = Math.min(SHORTEST_PIECE, secret.length);
  let clean = '';
  let at = 0;
  while (at < text.length) {
    let length = 0;
    if (at + piece <= text.length && secret.includes(text.slice(at, at + piece))) {
      length = piece;
      while (at + length < text.length && secret.includes(text.slice(at, at + length + 1))) length += 1;
    }
    clean += length > 0 ? REMOVED : text[at];
    at += Math.max(length, 1);
  }
  return clean;
}

function oneLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not reach a log
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').trim();
}
