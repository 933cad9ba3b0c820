#!/usr/bin/env node
import { parseArgs } from 'node:util';
import { type SimulatorOptions, startSimulator } from './simulator.ts';
import { SimulatorError } from './simulator-error.ts';

const HELP = `WhatsApp calling, played on this machine: Meta's API and rules, webhooks, media and a phone in the browser.

Usage: whatsapp-calling-simulator [options]

  --port N              TCP port on 127.0.0.1 (default: any free one)
  --webhook URL         where your business takes its webhooks
  --verify-token TEXT   token of the webhook subscription
  --access-token TEXT   token your business sends (default: a new one)
  --app-secret TEXT     secret that webhooks are signed with (default: a new one)
  --phone-number-id N   --waba-id N   --business-number DIGITS   --business-name TEXT
  --state FILE          keep permissions and chats in this file
  --anyone              everybody with a number is on WhatsApp, not only the three people
  --test-number         rules of a test number
  --ring-seconds N      how long a phone rings (default 60)
  --pace X              0.1 plays ten times as fast
  --no-relay            signalling only, no media
  --help`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: 'string' },
      webhook: { type: 'string' },
      'verify-token': { type: 'string' },
      'access-token': { type: 'string' },
      'app-secret': { type: 'string' },
      'phone-number-id': { type: 'string' },
      'waba-id': { type: 'string' },
      'business-number': { type: 'string' },
      'business-name': { type: 'string' },
      state: { type: 'string' },
      anyone: { type: 'boolean' },
      'test-number': { type: 'boolean' },
      'ring-seconds': { type: 'string' },
      pace: { type: 'string' },
      'no-relay': { type: 'boolean' },
      help: { type: 'boolean', short: 'h' },
    },
  });
  if (values.help) {
    console.log(HELP);
    return;
  }
  const given = {
    port: number(values.port, '--port'),
    webhook: values.webhook === undefined ? undefined : { url: values.webhook },
    verifyToken: values['verify-token'],
    accessToken: values['access-token'],
    appSecret: values['app-secret'],
    phoneNumberId: values['phone-number-id'],
    wabaId: values['waba-id'],
    businessNumber: values['business-number'],
    businessName: values['business-name'],
    stateFile: values.state,
    anyone: values.anyone,
    testNumber: values['test-number'],
    ringSeconds: number(values['ring-seconds'], '--ring-seconds'),
    pace: number(values.pace, '--pace'),
    relay: values['no-relay'] ? false : undefined,
  };
  const options = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as SimulatorOptions;
  const simulator = await startSimulator(options);
  const { settings } = simulator;
  console.log(
    [
      'The WhatsApp simulator is running.',
      '',
      `  Phone            ${simulator.phoneUrl}`,
      `  Graph API        ${simulator.graphUrl}/v25.0/${settings.phoneNumberId}`,
      `  Control          ${simulator.url}/control/state`,
      '',
      `  Phone number id  ${settings.phoneNumberId}`,
      `  Account id       ${settings.wabaId}`,
      `  Business number  +${settings.businessNumber}`,
      `  Access token     ${settings.accessToken}`,
      `  App secret       ${settings.appSecret}`,
      `  Verify token     ${settings.verifyToken}`,
      '',
      values.webhook
        ? `  Webhooks go to   ${values.webhook}`
        : '  No webhook address yet: use --webhook, or POST /control/webhook.',
      '',
      'Ctrl+C ends it.',
    ].join('\n'),
  );
  const end = () => {
    void simulator.close();
  };
  process.once('SIGINT', end);
  process.once('SIGTERM', end);
}

function number(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value))
    throw new SimulatorError('options_invalid', `${name} needs a number.`, `For example ${name} 8080.`);
  return value;
}

main().catch((error: unknown) => {
  console.error((error as Error).message);
  console.error(error instanceof SimulatorError ? error.nextStep : 'Use --help to see the options.');
  process.exitCode = 1;
});
