import { type Capture, isRecord, splitTarget, toHeaders, unreadable } from './capture.ts';
import { pairsOfList } from './header-file.ts';

type Choice = {
  /** Paths of the sources. */
  readonly paths: readonly string[];
  /** Number of the entry, from 1. Absent: the only one that fits. */
  readonly entry?: number | undefined;
};

/** The POST to a path of a source. @throws RingbackError RB_CAPTURE_INVALID: none, or several */
export function readHar(bytes: Buffer, { paths, entry }: Choice): Capture {
  const requests = requestsIn(bytes);
  if (entry !== undefined) {
    const chosen = requests[entry - 1];
    if (!chosen) throw unreadable(`the HAR has ${requests.length} entries, and no entry ${entry}`);
    return chosen;
  }
  const numbered = requests.map((request, index) => ({ ...request, number: index + 1 }));
  const posts = numbered.filter(({ method }) => method === 'POST');
  const known = posts.filter(({ path }) => paths.includes(path));
  const [first, ...more] = known.length > 0 ? known : posts;
  if (!first) throw unreadable(`the HAR has no POST among its ${requests.length} entries`);
  if (more.length === 0) return first;
  const list = [first, ...more].map(({ number, path }) => `${number} (POST ${path})`).join(', ');
  throw unreadable(`the HAR has several requests: choose one with --entry: ${list}`);
}

function requestsIn(bytes: Buffer): Capture[] {
  let har: unknown;
  try {
    har = JSON.parse(bytes.toString().replace('\uFEFF', ''));
  } catch {
    throw unreadable('the HAR is not valid JSON');
  }
  const log = isRecord(har) ? har['log'] : undefined;
  const entries: unknown = isRecord(log) ? log['entries'] : undefined;
  if (!Array.isArray(entries)) throw unreadable('the file is no HAR: it has no log.entries');
  return entries.map(readEntry);
}

function readEntry(entry: unknown): Capture {
  const request = isRecord(entry) ? entry['request'] : undefined;
  if (!isRecord(entry) || !isRecord(request)) throw unreadable('an entry of the HAR has no request');
  const { method, url, headers, postData } = request;
  if (typeof method !== 'string' || typeof url !== 'string' || !Array.isArray(headers))
    throw unreadable('a request of the HAR lacks method, url or headers');
  const at = Date.parse(String(entry['startedDateTime']));
  const pairs = pairsOfList(headers).filter(([name]) => !name.startsWith(':'));
  return { method, ...splitTarget(url), headers: toHeaders(pairs), body: bodyOf(postData), ...(!Number.isNaN(at) && { at }) };
}

function bodyOf(postData: unknown): Buffer | undefined {
  if (!isRecord(postData) || typeof postData['text'] !== 'string') return undefined;
  return Buffer.from(postData['text'], postData['encoding'] === 'base64' ? 'base64' : 'utf8');
}
