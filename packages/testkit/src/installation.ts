import { onTestFinished } from 'vitest';
import { startApp, writeSettings } from './app-process.ts';
import { createSink, type Sink } from './http-sink.ts';
import type { AppProcess } from './spawn-app.ts';

/** Ringback as a customer runs it: processes of its own, one Redis, one settings file. */
export type Installation = {
  /** What stands in for every destination; records what arrives. */
  readonly sink: Sink;
  /** What every process of it is given: where its settings and its Redis are. */
  readonly env: Readonly<Record<string, string>>;
  readonly startIngress: () => Promise<{ url: string; adminUrl: string; process: AppProcess }>;
  readonly startWorker: () => Promise<{ adminUrl: string; process: AppProcess }>;
};

export type InstallationOptions = {
  readonly redisUrl: string;
  /** Given the sink's URL, the settings file's text. */
  readonly settings: (sinkUrl: string) => string;
};

/** Sets up a sink and a settings file. What the test starts ends with the test. */
export async function createInstallation({ redisUrl, settings }: InstallationOptions): Promise<Installation> {
  const sink = await createSink();
  onTestFinished(() => sink.close());
  const env = { RINGBACK_CONFIG: await writeSettings(settings(sink.url)), REDIS_URL: redisUrl };

  return {
    sink,
    env,
    async startIngress() {
      const process = startApp({ app: 'ingress', env });
      const line = await process.line('ingress is up');
      return { url: String(line['url']), adminUrl: String(line['adminUrl']), process };
    },
    async startWorker() {
      const process = startApp({ app: 'worker', env });
      const line = await process.line('worker is up');
      return { adminUrl: String(line['adminUrl']), process };
    },
  };
}
