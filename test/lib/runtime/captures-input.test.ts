import { strict as assert } from 'node:assert';
import { ANNOUNCED_IN, readCaptures } from '../../../lib/runtime/captures-input.ts';

const settings = { captureRecording: true, captureTranscript: false, capturePurpose: '', captureLanguage: '' };
const language = (given: string | undefined): string | undefined =>
  readCaptures(settings, { purpose: 'p', contact: given === undefined ? {} : { language: given } })?.recording
    ?.language;

describe('what WhatsApp shall keep of a call', () => {
  it('is nothing unless the node says so', () => {
    const none = { ...settings, captureRecording: false, capturePurpose: 'x' };
    assert.equal(readCaptures(none, { purpose: 'p', contact: {} }), undefined);
  });

  it('is announced in the language of the person, or the nearest that WhatsApp has', () => {
    const pairs = {
      'pt-BR': 'pt',
      'en-GB': 'en_GB',
      en_us: 'en_US',
      'es-ES': 'es_ES',
      'es-MX': 'es',
      ja: 'en',
      '': 'en',
    };
    for (const [given, wanted] of Object.entries(pairs)) assert.equal(language(given), wanted, given);
    assert.equal(language(undefined), 'en');
    assert.equal(new Set(ANNOUNCED_IN).size, 18);
    const fixed = readCaptures({ ...settings, captureLanguage: 'fr' }, { purpose: 'p', contact: { language: 'de' } });
    assert.equal(fixed?.recording?.language, 'fr');
  });

  it('says the purpose of the node, or that of the call as far as it fits, and never nothing', () => {
    const said = (purpose: string, capturePurpose = '') =>
      readCaptures({ ...settings, capturePurpose }, { purpose, contact: {} })?.recording?.purpose;
    assert.equal(said('delivery'), 'delivery');
    assert.equal(said('delivery', 'quality'), 'quality');
    assert.equal(said('x'.repeat(300))?.length, 250);
    assert.throws(() => said('  '), { code: 'capture_purpose_missing' });
  });
});
