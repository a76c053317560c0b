import { settingsFile } from '@ringback/config';
import { newKey } from '@ringback/privacy';
import { SENDER_KINDS } from '@ringback/sources';
import { Argument } from 'commander';
import { fileBytes, httpUrl, positiveNumber, wholeNumber } from '../terminal/option-values.ts';
import { listen } from './listen.ts';
import { giveSecret, newSecret } from './secret.ts';
import type { CommandContext } from '../terminal/command-context.ts';
import { send } from './send.ts';

const REQUEST_ID =
  'the same requestID for all that this run sends, which makes repeats (default: each its own). The sample holds the time, so a later run is a conflict; with --file it is a repeat';

export function addSend({ program, env, terminal, fromCaller, done }: CommandContext): void {
  program
    .command('send')
    .description('post a realistic, correctly signed callback, as the provider would')
    .addArgument(new Argument('<kind>', 'what kind of callback').choices(SENDER_KINDS))
    .option('--url <url>', 'base or full URL (default: the ingress of the settings)', httpUrl)
    .option('--count <n>', 'how many', wholeNumber(1), 1)
    .option('--rate <n>', 'how many per second (default: as fast as answers come)', positiveNumber)
    .option('--concurrency <n>', 'how many at once', wholeNumber(1), 8)
    .option('--file <path>', 'send the bytes of this file as the body', (path) => fileBytes(fromCaller(path)))
    .option('--event <name>', 'name of the event, for senders that give one')
    .option('--source <name>', 'source of the settings (default: the first with callbacks of this kind)')
    .option('--account <uuid>', 'account to sign for: its public id (default: the first)')
    .option('--task-status <n>', '1 pending, 2 in progress, 3 completed, 4 failed, 5 paused', wholeNumber(1, 5), 3)
    .option('--request-id <id>', REQUEST_ID)
    .option('--config <file>', 'settings file (default: as for check)')
    .action(async (kind, { config, ...options }) => {
      done(await send({ ...options, kind, config: config ?? settingsFile(env), env, terminal }));
    });
}

export function addListen({ program, terminal }: CommandContext): void {
  program
    .command('listen')
    .description('a stand-in destination: prints every request that it gets')
    .argument('[port]', 'port on 127.0.0.1', wholeNumber(0, 65_535), 9999)
    .option('--status <n>', 'HTTP status to answer with', wholeNumber(200, 599), 200)
    .action((port: number, { status }: { status: number }) => {
      const stop = new AbortController();
      for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());
      return listen({ port, status, stop: stop.signal, terminal });
    });
}

export function addSecret({ program, terminal, fromCaller, done }: CommandContext): void {
  program
    .command('secret')
    .description('print a new signing secret for a webhook (whsec_…), or a key for privacy.encrypt')
    .option('--key', 'a key of 32 bytes, in base64', false)
    .option('--out <file>', 'write it to a new file, which only its owner may read', fromCaller)
    .action(({ key, out }: { key: boolean; out?: string }) => done(giveSecret(key ? newKey() : newSecret(), out, terminal)));
}
