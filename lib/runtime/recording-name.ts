/**
 * Fills a recording's file name. `{id}` is the call's id, `{date}` and `{time}` are UTC, as `2026-11-20` and `174501`.
 *
 * What is filled in holds only characters that every file system takes; the path itself is judged by the recorder.
 *
 * @param template from the node's dialog; `.wav` is added if it is missing
 */
export function recordingName(template: string, callId: string, now: Date): string {
  const [date = '', time = ''] = now.toISOString().slice(0, 19).split('T');
  const values: Record<string, string> = {
    id: callId.replace(/[^\w.-]/g, '_'),
    date,
    time: time.replaceAll(':', ''),
  };
  const name = template.replace(/\{(id|date|time)\}/g, (_, key: string) => values[key] ?? '');
  return /\.wav$/i.test(name) ? name : `${name}.wav`;
}
