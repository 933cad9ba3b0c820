/** How a call fails, as the terminate webhook tells it (meta-cloud-api.md §8.1, codes 138019 to 138021). */
export interface Failure {
  code: number;
  message: string;
  details: string;
}

export const FAILURES = {
  138019: { code: 138019, message: 'Call setup failed', details: 'The WhatsApp client failed to set up the call.' },
  138020: {
    code: 138020,
    message: 'Relay connection failed',
    details: 'The WhatsApp client could not reach the relay.',
  },
  138021: { code: 138021, message: 'Media receive timeout', details: 'No media was received from the business.' },
} satisfies Record<number, Failure>;

export type FailureCode = keyof typeof FAILURES;
