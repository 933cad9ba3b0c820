import { strict as assert } from 'node:assert';
import { join } from 'node:path';
import { defaultStore, readStoreSettings } from '../../../lib/runtime/store-settings.ts';

const USER = join('/', 'data');
const SECRET = 'postgresql://calls:canary-pw@db.example:5432/calls';

function refused(config: object, says: RegExp, secrets = {}): void {
  assert.throws(
    () => readStoreSettings(config, USER, secrets),
    (error: { code: string; message: string }) => {
      assert.equal(error.code, 'config_invalid');
      assert.match(error.message, says);
      assert.ok(!error.message.includes('canary'), error.message);
      return true;
    },
  );
}

describe('settings of a permission store', () => {
  it('are a file below the user directory, unless they say otherwise', () => {
    assert.deepEqual(readStoreSettings({}, USER), defaultStore(USER));
    assert.deepEqual(readStoreSettings({ path: 'a.sqlite', retentionDays: '90' }, USER), {
      engine: 'sqlite',
      path: join(USER, 'a.sqlite'),
      profile: 'meta-2026',
      overrides: {},
      retentionDays: 90,
    });
  });

  it('are a database with its connection from the credentials, never from the properties', () => {
    const config = { engine: 'postgres', path: 'left.over', connection: 'canary', schema: ' calls_2 ' };
    assert.deepEqual(readStoreSettings(config, USER, { connection: ` ${SECRET} ` }), {
      engine: 'postgres',
      connection: SECRET,
      schema: 'calls_2',
      profile: 'meta-2026',
      overrides: {},
    });
    refused(config, /lacks its connection/);
    refused(config, /lacks its connection/, { connection: '  ' });
    refused(config, /set the variable/, { connection: `$${'{DATABASE_URL}'}` });
    refused(config, /lacks its connection/, { connection: { canary: 1 } });
  });

  it('are refused by name, without repeating a value', () => {
    const secrets = { connection: SECRET };
    refused({ engine: 'canary' }, /engine/);
    refused({ engine: 'postgres', schema: 'canary; drop schema x' }, /schema/, secrets);
    refused({ engine: 'postgres', schema: 'pg_canary' }, /schema/, secrets);
    refused({ retentionDays: 'canary' }, /retentionDays/);
    refused({ retentionDays: 40_000 }, /retentionDays/);
    refused({ overrides: '["canary"]' }, /own limits/);
  });
});
