/**
 * A line of a CSV (RFC 4180) with its line end.
 *
 * A cell that begins with `=`, `+`, `-`, `@`, a tab or a line break gets an apostrophe in front: spreadsheets would take it for
 * a formula and run it (OWASP, CSV Injection), and texts of strangers are among the cells. So phone numbers, which begin with
 * `+`, have one too.
 */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map(cell).join(',')}\r\n`;
}

function cell(text: string): string {
  const harmless = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
