#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { examine } from '../../doctor/examine.ts';
import { isHealthy } from '../../doctor/finding.ts';
import { reportText, summary } from '../../doctor/report-text.ts';
import type { Subject } from '../../doctor/subject.ts';
import { ReportableError, toReportable } from '../reportable-error.ts';
import { userFolder } from '../user-folder.ts';
import { chooseNumber, storedSubject } from './stored-number.ts';
import { readUserDirectory } from './user-directory.ts';

const HELP = `Examines the set-up of a WhatsApp number for calling: token, number, webhook, sound, disk. Changes nothing.

Usage: whatsapp-calling-doctor [options]

From a Node-RED (default):
  --user-dir DIR          user directory of Node-RED (default: ~/.node-red)
  --config ID             id or name of the number, if there are several

Without Node-RED; each option may also be the environment variable in brackets:
  --provider NAME         meta, 360dialog, kapso or custom [WHATSAPP_PROVIDER]
  --base-url URL          address of the API, for custom [WHATSAPP_BASE_URL]
  --phone-number-id ID    [WHATSAPP_PHONE_NUMBER_ID]
  --waba-id ID            [WHATSAPP_WABA_ID]
  --number PHONE          the number itself, such as +55 11 95550-0100 [WHATSAPP_NUMBER]
Secrets come from the environment alone, since others can read options:
  WHATSAPP_ACCESS_TOKEN, WHATSAPP_APP_SECRET, WHATSAPP_VERIFY_TOKEN

Both:
  --public-url URL        webhook address as the world sees it (default: as the provider tells)
  --json                  findings as JSON
  --help

Exit status: 0 nothing wrong, 1 faults or warnings, 2 could not be examined.`;

const OPTIONS = {
  'user-dir': { type: 'string' },
  config: { type: 'string' },
  provider: { type: 'string' },
  'base-url': { type: 'string' },
  'phone-number-id': { type: 'string' },
  'waba-id': { type: 'string' },
  number: { type: 'string' },
  'public-url': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

async function main(): Promise<void> {
  const { values } = readOptions();
  if (values.help) return console.log(HELP);
  const findings = await examine(await subjectOf(values));
  if (values.json) console.log(JSON.stringify({ summary: summary(findings), findings }, null, 2));
  else console.log(`${reportText(findings)}\n\n${summary(findings)}`);
  process.exitCode = isHealthy(findings) ? 0 : 1;
}

function readOptions() {
  try {
    return parseArgs({ options: OPTIONS });
  } catch {
    throw new ReportableError('options_invalid', 'An option is not known, or lacks its value. --help lists them.');
  }
}

type Values = ReturnType<typeof readOptions>['values'];

async function subjectOf(values: Values): Promise<Subject> {
  const publicUrl = values['public-url'];
  const around = publicUrl === undefined ? {} : { publicUrl };
  const { env } = process;
  const phoneNumberId = values['phone-number-id'] ?? env.WHATSAPP_PHONE_NUMBER_ID;
  if (phoneNumberId !== undefined && values['user-dir'] === undefined) {
    const number = {
      provider: values.provider ?? env.WHATSAPP_PROVIDER ?? 'meta',
      baseUrl: values['base-url'] ?? env.WHATSAPP_BASE_URL ?? '',
      phoneNumberId,
      wabaId: values['waba-id'] ?? env.WHATSAPP_WABA_ID ?? '',
      businessNumber: values.number ?? env.WHATSAPP_NUMBER ?? '',
    };
    const secrets = {
      accessToken: env.WHATSAPP_ACCESS_TOKEN ?? '',
      appSecret: env.WHATSAPP_APP_SECRET ?? '',
      verifyToken: env.WHATSAPP_VERIFY_TOKEN ?? '',
    };
    return storedSubject(number, secrets, { nodes: [], settings: {}, ...around });
  }
  const userDir = userFolder({ userDir: values['user-dir'] });
  const { settings, nodes } = await readUserDirectory(userDir);
  const number = chooseNumber(nodes, values.config);
  return storedSubject(number, number.credentials, { nodes, settings, userDir, ...around });
}

main().catch((error: unknown) => {
  console.error(toReportable(error).message);
  process.exitCode = 2;
});
