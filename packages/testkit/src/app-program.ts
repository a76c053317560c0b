import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type App = 'ingress' | 'worker' | 'cli';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** What Node runs: the app's bundle (scripts/test-apps.ts), or its sources where there is none. */
export function programOf(app: App, sources = false): string {
  const bundled = process.env['RINGBACK_TEST_APPS'];
  return bundled === undefined || sources ? join(ROOT, 'apps', app, 'src', 'main.ts') : join(bundled, `${app}.js`);
}
