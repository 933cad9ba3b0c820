import type { Contact } from '../permission/model.ts';
import type { Captures } from '../provider/provider.ts';
import { flag, text } from './node-config.ts';
import { ReportableError } from './reportable-error.ts';

/** Languages in which WhatsApp announces a recording (call recording page, 31 Aug 2026; meta-cloud-api.md §1.1). */
export const ANNOUNCED_IN = 'en en_US en_AU en_CA en_GB en_IN en_NZ nl fr de hi it kn pt es es_ES te vi'.split(' ');

/** Properties of nodes that begin a call: what WhatsApp shall keep of it. */
export const CAPTURE_SHAPE = {
  captureRecording: flag(false),
  captureTranscript: flag(false),
  /** Empty: why we call. */
  capturePurpose: text().refine((value) => value.length <= 250, 'must be at most 250 characters long'),
  /** Empty: the person's own language, if WhatsApp has it. */
  captureLanguage: text().refine(
    (value) => /^([a-z]{2}(_[A-Z]{2})?)?$/.test(value),
    'must be a language such as pt or en_US, or empty',
  ),
};
interface CaptureSettings {
  captureRecording: boolean;
  captureTranscript: boolean;
  capturePurpose: string;
  captureLanguage: string;
}

const LONGEST_PURPOSE = 250;

/**
 * What WhatsApp shall keep of a call.
 *
 * @param call why we call, and whom
 * @returns undefined if nothing
 * @throws ReportableError `capture_purpose_missing`
 */
export function readCaptures(
  settings: CaptureSettings,
  { purpose, contact }: { purpose: string; contact: Contact },
): Captures | undefined {
  const { captureRecording, captureTranscript, capturePurpose, captureLanguage } = settings;
  if (!captureRecording && !captureTranscript) return undefined;
  const said = capturePurpose || purpose.trim().slice(0, LONGEST_PURPOSE);
  if (said === '') {
    throw new ReportableError(
      'capture_purpose_missing',
      'WhatsApp tells the person what the call is recorded for, and there is nothing to tell. Fill in "Told as purpose", or give the call a purpose.',
    );
  }
  const consent = { purpose: said, language: captureLanguage || spoken(contact.language) };
  return {
    ...(captureRecording && { recording: consent }),
    ...(captureTranscript && { transcription: consent }),
  };
}

/** The nearest that WhatsApp has to a person's language (BCP 47, `pt-BR`); English if there is none. */
function spoken(language = ''): string {
  const [primary = '', region = ''] = language.split(/[-_]/);
  const whole = `${primary.toLowerCase()}_${region.toUpperCase()}`;
  return [whole, primary.toLowerCase()].find((known) => ANNOUNCED_IN.includes(known)) ?? 'en';
}
