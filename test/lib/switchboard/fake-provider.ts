import type { Contact } from '../../../lib/permission/model.ts';
import {
  type Capabilities,
  type OutboundCall,
  type PermissionRequest,
  type PermissionRequestSent,
  type Provider,
  ProviderError,
  type ProviderErrorFields,
  type ProviderPermission,
} from '../../../lib/provider/provider.ts';

export function refused(providerCode: string, kind: ProviderErrorFields['kind'] = 'never'): ProviderError {
  return new ProviderError(`Refused with ${providerCode}.`, 'Read the code.', {
    code: 'provider_refused',
    kind,
    outcome: 'refused',
    httpStatus: 400,
    providerCode,
    details: 'details of the provider',
    traceId: 'trace',
  });
}
export function timeout(): ProviderError {
  return new ProviderError('No reply in time.', 'Look at the network.', {
    code: 'provider_timeout',
    kind: 'transient',
    outcome: 'unknown',
  });
}
export function notSent(): ProviderError {
  return new ProviderError('Connection refused.', 'Look at the network.', {
    code: 'provider_unreachable',
    kind: 'transient',
    outcome: 'not_sent',
  });
}
export function badToken(): ProviderError {
  return new ProviderError('The token is invalid.', 'Put a new one in.', {
    code: 'provider_token_invalid',
    kind: 'operator',
    outcome: 'refused',
    httpStatus: 401,
    providerCode: '190',
  });
}

/** Records what is asked of it and does what the test says; by default everything succeeds. */
export class FakeProvider implements Provider {
  readonly name = 'Fake';
  capabilities: Capabilities = {
    media: 'webrtc',
    freeformRequest: true,
    templateRequest: true,
    queryPermission: true,
    placeCall: true,
    answerCall: true,
    terminateCall: true,
  };
  readonly requests: PermissionRequest[] = [];
  readonly placed: OutboundCall[] = [];
  readonly terminated: string[] = [];
  readonly rejected: string[] = [];
  readonly answers: { callId: string; answer: string; action: 'pre_accept' | 'accept' }[] = [];
  onPreAccept: () => Promise<void> = async () => {};
  onAccept: () => Promise<void> = async () => {};
  onReject: () => Promise<void> = async () => {};
  readonly texts: { contact: Contact; text: string }[] = [];
  onText: () => Promise<{ messageId: string }> = async () => ({ messageId: 'wamid.text' });
  onRequest: (request: PermissionRequest, signal?: AbortSignal) => Promise<PermissionRequestSent> = async () => ({
    requestId: `wamid.${this.requests.length}`,
  });
  onPlace: (call: OutboundCall) => Promise<{ callId: string }> = async () => ({
    callId: `wacid.${this.placed.length}`,
  });
  onTerminate: (callId: string) => Promise<void> = async () => {};
  onQuery: () => Promise<ProviderPermission> = async () => ({
    status: 'none',
    request: { allowed: false, limits: [] },
    call: { allowed: false, limits: [] },
  });

  requestPermission(request: PermissionRequest, signal?: AbortSignal): Promise<PermissionRequestSent> {
    this.requests.push(request);
    return this.onRequest(request, signal);
  }
  queryPermission(_contact: Contact): Promise<ProviderPermission> {
    return this.onQuery();
  }
  placeCall(call: OutboundCall): Promise<{ callId: string }> {
    this.placed.push(call);
    return this.onPlace(call);
  }
  terminateCall(callId: string): Promise<void> {
    this.terminated.push(callId);
    return this.onTerminate(callId);
  }
  async answerCall(callId: string, answer: string, { preAccept }: { preAccept: boolean }): Promise<void> {
    this.answers.push({ callId, answer, action: preAccept ? 'pre_accept' : 'accept' });
    await (preAccept ? this.onPreAccept() : this.onAccept());
  }
  async rejectCall(callId: string): Promise<void> {
    this.rejected.push(callId);
    await this.onReject();
  }
  sendText(contact: Contact, text: string): Promise<{ messageId: string }> {
    this.texts.push({ contact, text });
    return this.onText();
  }
  verifyWebhook(): boolean {
    return true;
  }
  verifySubscription(): string | undefined {
    return undefined;
  }
  parseWebhook() {
    return [];
  }
}
