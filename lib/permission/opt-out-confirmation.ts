import { OPT_OUT_WORDS } from './opt-out-words.ts';

/**
 * What a person reads who has opted out, if the business has set no text of its own.
 *
 * @param language BCP 47 tag such as `pt-BR`; unknown or absent: English
 */
export function confirmationText(language: string | undefined): string {
  const primary = language?.split(/[-_]/, 1)[0]?.toLowerCase();
  const words = OPT_OUT_WORDS.find((candidate) => candidate.language === primary) ?? OPT_OUT_WORDS[0];
  return words?.confirmation ?? 'You will not get calls from us any more.';
}
