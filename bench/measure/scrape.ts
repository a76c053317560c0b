import type { App, OnClose } from '../processes.ts';

const EVERY_MS = 1000;
const ANSWERS_WITHIN_MS = 30_000;

/** Reads the metrics of these processes once a second, as Prometheus would, only more often. Nothing waits for it. */
export function scrape(apps: readonly Pick<App, 'adminUrl'>[], onClose: OnClose): void {
  const urls = apps.flatMap(urlOf);
  const timer = setInterval(() => {
    for (const url of urls) void read(url, EVERY_MS);
  }, EVERY_MS);
  onClose(async () => clearInterval(timer));
}

/** The page of one process, once. */
export async function readMetrics(app: Pick<App, 'adminUrl'>): Promise<void> {
  for (const url of urlOf(app)) await read(url, ANSWERS_WITHIN_MS);
}

/** Empty: it has no admin port. */
function urlOf({ adminUrl }: Pick<App, 'adminUrl'>): URL[] {
  return adminUrl === undefined ? [] : [new URL('/metrics', adminUrl)];
}

/** A stopped process does not answer, and an earlier checkout may not have the page. */
async function read(url: URL, withinMs: number): Promise<void> {
  await fetch(url, { signal: AbortSignal.timeout(withinMs) })
    .then((answer) => answer.text())
    .catch(() => {});
}
