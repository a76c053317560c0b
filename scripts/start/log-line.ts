const SHOWN_ELSEWHERE = new Set(['level', 'time', 'app', 'pid', 'hostname', 'msg', 'err', 'v']);

function field(entry: object, name: string): unknown {
  return Object.hasOwn(entry, name) ? Object.entries(entry).find(([key]) => key === name)?.[1] : undefined;
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** A log event, or another line of stdout (a delivery of the `stdout` output, a crash). */
export type LogLine = { readonly message: string; readonly fields: Readonly<Record<string, unknown>> };

/** Undefined for any other line. */
export function readLogLine(line: string): LogLine | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    const entry: unknown = JSON.parse(line);
    if (typeof entry !== 'object' || entry === null || !('level' in entry) || !('msg' in entry)) return undefined;
    return { message: text(entry.msg), fields: { ...entry } };
  } catch {
    return undefined;
  }
}

/** `14:03:07 worker   warn  message  key=value …`, and its error below. */
export function showLogLine({ message, fields }: LogLine, app: string): string {
  const time = /T(\d\d:\d\d:\d\d)/.exec(text(fields['time'] ?? ''))?.[1] ?? '';
  const rest = Object.entries(fields)
    .filter(([key]) => !SHOWN_ELSEWHERE.has(key))
    .map(([key, value]) => `${key}=${text(value)}`);
  const head = [`${time} ${app.padEnd(8)} ${text(fields['level']).padEnd(5)} ${message}`, ...rest].join('  ');
  const { err } = fields;
  if (typeof err !== 'object' || err === null) return head;
  const code = field(err, 'code');
  return `${head}\n  ${code === undefined ? '' : `${text(code)}: `}${text(field(err, 'message')).replaceAll('\n', '\n  ')}`;
}
