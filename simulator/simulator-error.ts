/**
 * What goes wrong between the simulator and the people who run it (never on the Graph API, which has Meta's errors).
 * `status` is the HTTP status on the control and phone API.
 */
export class SimulatorError extends Error {
  readonly code: string;
  readonly nextStep: string;
  readonly status: number;
  constructor(code: string, message: string, nextStep: string, status = 400) {
    super(message);
    this.name = 'SimulatorError';
    this.code = code;
    this.nextStep = nextStep;
    this.status = status;
  }
}
