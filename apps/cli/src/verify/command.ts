import { settingsFile } from '@ringback/config';
import { loadSettings } from '../reach/load-settings.ts';
import { fileBytes, timeOrAgo, wholeNumber } from '../terminal/option-values.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { type Capture, unreadable } from './capture.ts';
import { readCurl } from './curl-text.ts';
import { readHar } from './har.ts';
import { readHeaderFile } from './header-file.ts';
import { verifyWhatComes } from './listen.ts';
import { readLogLine } from './log-line.ts';
import type { CommandContext } from '../terminal/command-context.ts';
import { sourcesOf, tellVerdict, type Verdict, verifyCapture, verifyLine } from './verify.ts';

type Options = {
  readonly headers?: Buffer;
  readonly body?: Buffer;
  readonly curl?: Buffer;
  readonly har?: Buffer;
  readonly entry?: number;
  readonly logLine?: string;
  readonly listen?: number | true;
  readonly source?: string;
  readonly at?: number;
  readonly json: boolean;
  readonly config?: string;
};

const INPUTS = ['headers', 'curl', 'har', 'logLine', 'listen'] as const;

export function addVerify({ program, env, terminal, done, fromCaller }: CommandContext): void {
  const file = (mib?: number) => (path: string) => fileBytes(fromCaller(path), mib && mib * 1024 * 1024);
  program
    .command('verify')
    .description('say why the signature of a captured request does not fit; sends and queues nothing')
    .option('--headers <file>', 'its headers: lines "Name: value", or a JSON object', file(1))
    .option('--body <file>', 'its body, byte for byte', file())
    .option('--curl <file>', 'what curl -v printed, or a curl command', file(4))
    .option('--har <file>', 'a HAR file', file(32))
    .option('--entry <n>', 'which entry of the HAR, from 1', wholeNumber(1))
    .option('--log-line <line>', 'the log line of the refusal: tells what is likely')
    .option('--listen [port]', 'verify what comes in, in place of the ingress (default: its port)', wholeNumber(0, 65_535))
    .option('--source <name>', 'source of the settings (default: the one that fits best)')
    .option('--at <time>', 'when it came: ISO 8601, or how long ago (default: as the capture says, or now)', timeOrAgo(Date.now))
    .option('--json', 'one JSON object: account and reasons', false)
    .option('--config <file>', 'settings file (default: as for check)')
    .action(async (options: Options) => {
      const given = INPUTS.filter((name) => options[name] !== undefined);
      if (given.length !== 1) throw unreadable('give one of --headers, --curl, --har, --log-line and --listen');
      const settings = loadSettings({ path: options.config ?? settingsFile(env), env });
      if (options.listen !== undefined) return done(await listen({ options, settings, terminal }));
      const verdict = judge(options, settings);
      if (options.json) terminal.out(JSON.stringify(verdict));
      else for (const line of tellVerdict(verdict)) terminal.out(line);
      done(verdict.reasons.length === 0);
    });
}

type Settings = ReturnType<typeof loadSettings>;

function judge(options: Options, settings: Settings): Verdict {
  if (options.logLine !== undefined) return verifyLine(settings, readLogLine(options.logLine));
  const sources = sourcesOf(settings, options.source);
  const capture = readCapture(
    options,
    sources.flatMap(({ paths }) => paths),
  );
  const at = options.at ?? capture.at;
  return verifyCapture({ sources, capture: { ...capture, at }, now: Date.now() });
}

/** `--body` comes before what the capture holds. */
function readCapture({ headers, curl, har, entry, body }: Options, paths: readonly string[]): Capture {
  const capture: Capture | undefined = headers
    ? readHeaderFile(headers)
    : curl
      ? readCurl(curl)
      : har && readHar(har, { paths, entry });
  const found = body ?? capture?.body;
  if (!capture || !found) throw unreadable('the capture has no body: name a file with it (--body; an empty file for none)');
  return { ...capture, body: found };
}

type Listen = { readonly options: Options; readonly settings: Settings; readonly terminal: Terminal };

async function listen({ options: { listen: port, json, source }, settings, terminal }: Listen): Promise<true> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());
  const { ingress } = settings;
  await verifyWhatComes({
    sources: sourcesOf(settings, source),
    port: typeof port === 'number' ? port : ingress.port,
    bodyLimit: ingress.bodyLimit,
    json,
    stop: stop.signal,
    terminal,
  });
  return true;
}
