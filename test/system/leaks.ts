import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

/** A secret with the name by which a failed test calls it: the secret itself stays out of reports. */
export interface Mark {
  name: string;
  secret: string;
}

/** The secret in every writing in which it may slip out: as it is, cut at either end, and encoded. */
function writings(secret: string): string[] {
  const bytes = Buffer.from(secret);
  const encoded = [bytes.toString('base64').slice(0, 20), bytes.toString('hex'), encodeURIComponent(secret)];
  return [secret, secret.slice(0, 20), secret.slice(-20), ...encoded];
}

/** Where in a text a secret stands, with its name and a little of what is around it. Empty: nowhere. */
export function leaksIn(where: string, text: string, marks: Mark[]): string[] {
  return marks.flatMap(({ name, secret }) =>
    writings(secret).flatMap((writing) => {
      const at = text.indexOf(writing);
      return at < 0 ? [] : [`${name} in ${where}: …${text.slice(Math.max(0, at - 80), at)}[HERE]`];
    }),
  );
}

/** The same for all files below a folder, whatever they hold. @param apart names of files that may hold secrets */
export async function leaksBelow(
  folder: string,
  marks: Mark[],
  apart: string[],
): Promise<{ files: number; leaks: string[] }> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = { files: 0, leaks: [] as string[] };
  for (const entry of entries) {
    if (!entry.isFile() || apart.includes(entry.name)) continue;
    found.files += 1;
    const text = (await readFile(path.join(entry.parentPath, entry.name))).toString('latin1');
    found.leaks.push(...leaksIn(entry.name, text, marks));
  }
  return found;
}
