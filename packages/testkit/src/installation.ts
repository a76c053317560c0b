import { type AtEnd, atTestEnd, startApp, writeSettings } from './app-process.ts';
import { createSink, type Sink } from './http-sink.ts';
import type { AppProcess } from './spawn-app.ts';

/** Ringback as a customer runs it: its own processes, one Redis, one settings file. */
export type Installation = {
  /** The destination of all outputs. */
  readonly sink: Sink;
  readonly env: Readonly<Record<string, string>>;
  readonly startIngress: () => Promise<{ url: string; adminUrl: string; process: AppProcess }>;
  readonly startWorker: () => Promise<{ adminUrl: string; process: AppProcess }>;
};

export type InstallationOptions = {
  /** Absent: the settings say where Redis is. */
  readonly redisUrl?: string;
  readonly settings: (sinkUrl: string) => string;
  /** Further variables of its processes. */
  readonly env?: Readonly<Record<string, string>>;
  /** Its processes run the sources, also where they are bundled. */
  readonly sources?: boolean;
  /** Default: all of it ends with the test. */
  readonly atEnd?: AtEnd;
};

export async function createInstallation(options: InstallationOptions): Promise<Installation> {
  const { redisUrl, settings, env: further, sources = false, atEnd = atTestEnd } = options;
  const sink = await createSink();
  atEnd(() => sink.close());
  const path = await writeSettings(settings(sink.url), atEnd);
  const env = { RINGBACK_CONFIG: path, ...(redisUrl !== undefined && { REDIS_URL: redisUrl }), ...further };

  return {
    sink,
    env,
    async startIngress() {
      const process = startApp({ app: 'ingress', sources, env }, atEnd);
      const line = await process.line('ingress is up');
      return { url: String(line['url']), adminUrl: String(line['adminUrl']), process };
    },
    async startWorker() {
      const process = startApp({ app: 'worker', sources, env }, atEnd);
      const line = await process.line('worker is up');
      return { adminUrl: String(line['adminUrl']), process };
    },
  };
}
