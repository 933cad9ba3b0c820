import { type ErrorTable, entry } from './entry.ts';

/** Codes of templates (error codes page, 11 Sep 2026). */
export const TEMPLATE_ERRORS: ErrorTable = {
  '131064': entry(
    'provider_template_restricted',
    'operator',
    'WhatsApp restricts the business because of the category of its templates.',
    'Look at the templates in WhatsApp Manager.',
  ),
  '132000': entry(
    'provider_template_parameter_count',
    'never',
    'The template needs another number of parameters.',
    'Give as many parameters as the template has.',
  ),
  '132001': entry(
    'provider_template_unknown',
    'operator',
    'There is no approved template with this name in this language.',
    'Check name and language (exactly as approved, such as pt_BR).',
  ),
  '132005': entry(
    'provider_template_too_long',
    'never',
    'The template becomes too long with these parameters.',
    'Shorten the parameters.',
  ),
  '132007': entry(
    'provider_template_policy',
    'operator',
    'The template breaks a policy of WhatsApp.',
    'Change the template in WhatsApp Manager.',
  ),
  '132012': entry(
    'provider_template_parameter_format',
    'never',
    'A parameter of the template has the wrong format.',
    'Check whether the template has named or numbered parameters.',
  ),
  '132015': entry(
    'provider_template_paused',
    'operator',
    'The template is paused because of low quality.',
    'Use another template, or improve this one.',
  ),
  '132016': entry(
    'provider_template_disabled',
    'operator',
    'The template is disabled for good.',
    'Make a new template.',
  ),
};
