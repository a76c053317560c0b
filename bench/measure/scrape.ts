import type { App, OnClose } from '../processes.ts';

const EVERY_MS = 1000;

/** Reads the metrics of these processes once a second, as Prometheus would, only more often. Nothing waits for it. */
export function scrape(apps: readonly Pick<App, 'adminUrl'>[], onClose: OnClose): void {
  const urls = apps.flatMap(({ adminUrl }) => (adminUrl === undefined ? [] : [new URL('/metrics', adminUrl)]));
  const timer = setInterval(() => {
    for (const url of urls) void read(url);
  }, EVERY_MS);
  onClose(async () => clearInterval(timer));
}

/** A stopped process does not answer, and an earlier checkout may not have the page. */
async function read(url: URL): Promise<void> {
  await fetch(url, { signal: AbortSignal.timeout(EVERY_MS) })
    .then((answer) => answer.text())
    .catch(() => {});
}
