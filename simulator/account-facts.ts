import { z } from 'zod';

/** The app behind the access token. */
export const APP_ID = '100200300400500';

/**
 * What a business can set up wrongly at Meta, and Meta tells when asked: token, number, health, webhook fields. Everything is
 * right by default. Shapes: debug_token and app subscriptions of the Graph API, health status of a number (Nov 2026).
 */
export const accountFacts = z.strictObject({
  tokenValid: z.boolean().default(true),
  tokenScopes: z.array(z.string()).default(['whatsapp_business_management', 'whatsapp_business_messaging']),
  /** Seconds from now; 0: never. */
  tokenExpiresIn: z.number().int().min(0).default(0),
  /** Accounts that the token may use; null: the simulated one. */
  tokenAccounts: z.array(z.string()).nullable().default(null),
  /** As Meta shows the number; null: as it is. */
  displayNumber: z.string().nullable().default(null),
  numberStatus: z.string().default('CONNECTED'),
  /** Null: by the restriction. */
  quality: z.enum(['GREEN', 'YELLOW', 'RED', 'UNKNOWN']).nullable().default(null),
  health: z.enum(['AVAILABLE', 'LIMITED', 'BLOCKED']).default('AVAILABLE'),
  healthErrors: z
    .array(
      z.strictObject({ error_code: z.number().int(), error_description: z.string(), possible_solution: z.string() }),
    )
    .default([]),
  /** Webhook fields that the app gets. */
  fields: z.array(z.string()).default(['messages', 'calls', 'account_update', 'account_settings_update']),
  webhookActive: z.boolean().default(true),
  /** Meta knows no webhook address of the app. */
  withoutWebhook: z.boolean().default(false),
  /** The app's secret is another one than the business believes. */
  secretDiffers: z.boolean().default(false),
});
export type AccountFacts = z.infer<typeof accountFacts>;
