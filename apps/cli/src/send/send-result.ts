import type { HttpClient, Sender } from '@ringback/contracts';

type Answered = { readonly status: number; readonly said: string; readonly responseID?: string | undefined };

export type SendResult = { readonly requestID: string; readonly ms: number } & (
  | ({ readonly kind: 'acked' | 'refused' } & Answered)
  | { readonly kind: 'unanswered'; readonly reason: string }
);

export type SendOneOptions = {
  readonly http: HttpClient;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  readonly requestID: string;
  readonly readAnswer: Sender['readAnswer'];
};

const ANSWER_DEADLINE_MS = 30_000;

/** Never rejects. */
export async function sendOne({ requestID, http, readAnswer, ...request }: SendOneOptions): Promise<SendResult> {
  const started = performance.now();
  try {
    const { status, text } = await http.post({ ...request, signal: AbortSignal.timeout(ANSWER_DEADLINE_MS) });
    const ms = performance.now() - started;
    const answer = readAnswer({ status, body: text });
    if (!answer) return { requestID, ms, kind: 'unanswered', reason: `HTTP ${status}, and no answer that the sender could read` };
    const { acked, ...rest } = answer;
    return { requestID, ms, kind: acked ? 'acked' : 'refused', status, ...rest };
  } catch (error) {
    return { requestID, ms: performance.now() - started, kind: 'unanswered', reason: reasonOf(error) };
  }
}

export function describeAnswer(result: SendResult): string {
  const responseID = result.kind === 'unanswered' || result.responseID === undefined ? [] : [`responseID ${result.responseID}`];
  const trace = [...responseID, `requestID ${result.requestID}`, `${Math.round(result.ms)} ms`];
  return [result.kind.padEnd(10), verdict(result), ...trace].join('  ');
}

export function summarise(results: readonly SendResult[], totalMs: number): string[] {
  const failures = results.filter(({ kind }) => kind !== 'acked');
  const times = results.map(({ ms }) => ms).toSorted((a, b) => a - b);
  const percentile = (p: number) => Math.round(times[Math.floor((times.length - 1) * p)] ?? 0);
  const perSecond = Math.round((results.length * 1000) / totalMs);
  const reasons = Object.entries(Object.groupBy(failures, verdict));
  return [
    `${results.length} sent in ${(totalMs / 1000).toFixed(1)} s (${perSecond}/s), ${results.length - failures.length} acked, ${failures.length} not`,
    `answers took ${percentile(0.5)} ms in the middle, ${percentile(0.99)} ms at the 99th percentile, ${percentile(1)} ms at most`,
    ...reasons.map(([reason, same]) => `${same?.length} × ${reason}`),
  ];
}

function verdict(result: SendResult): string {
  return result.kind === 'unanswered' ? result.reason : `${result.status}  ${result.said}`.trimEnd();
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return 'code' in error && typeof error.code === 'string' ? error.code : `${error.name}: ${error.message}`;
}
