import { randomUUID } from 'node:crypto';
import { RingbackError } from '@ringback/contracts';
import { NO_ROWS } from '@ringback/history';
import { rotate, type Rotated } from '@ringback/operations';
import { keyIds } from '@ringback/privacy';
import { bodyCodec } from '../reach/opened-history.ts';
import { person } from '../reach/tell-history.ts';
import type { OpenPlaces } from '../reach/with-places.ts';
import { createProgressLine } from '../terminal/progress-line.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { olderKeyLines, olderKeys, plainLine } from './needs.ts';
import { requireSameKeys, runningIn, withOtherKeys } from './processes.ts';
import { readEncryption } from './status.ts';
import { bodiesInWords, doubts, rotatedTable } from './text.ts';

type Rotating = {
  readonly settingsPath: string;
  readonly dryRun: boolean;
  readonly yes: boolean;
  readonly json: boolean;
  readonly terminal: Terminal;
};

/** True: it need not be run again. @throws RingbackError RB_CONFIG_INVALID, RB_SETTINGS_DIFFER */
export async function runRotate(open: OpenPlaces, options: Rotating): Promise<boolean> {
  const { dryRun, yes, terminal } = options;
  const key = firstKey(open);
  const only = dryRun || !yes;
  if (!only) requireSameKeys(withOtherKeys(await requireRunning(open), open.settings));
  const rotated = await rotateAll(open, { key, only });
  if (!only) await note(open, { key, rotated });
  const left = await tell(open, { ...options, rotated, key, only });
  if (only && !dryRun) terminal.err('nothing was changed: say --yes to do it');
  return dryRun ? left.reached : yes && left.nothing;
}

function firstKey({ settings }: OpenPlaces): string {
  const encrypt = settings.privacy?.encrypt;
  const [first] = encrypt?.active === true ? keyIds(encrypt) : [];
  if (first !== undefined) return first;
  const message = 'privacy.encrypt is not in the settings, or is not active: there is no key to encrypt with';
  throw new RingbackError('RB_CONFIG_INVALID', message);
}

/** Without shard 0 nobody can say which processes run. */
async function requireRunning(open: OpenPlaces) {
  const running = await runningIn(open);
  if (running !== undefined) return running;
  throw new RingbackError('RB_REDIS_UNAVAILABLE', 'Redis does not say which processes run: try again when it answers');
}

async function rotateAll({ places, away, settings }: OpenPlaces, { key, only }: { key: string; only: boolean }) {
  const { show, end } = createProgressLine({ stream: process.stderr, now: () => performance.now() });
  const onProgress = ({ where, bodies }: { where: string; bodies: number }) =>
    only ? undefined : show(`${bodiesInWords(bodies)} encrypted anew; now: ${where}`);
  try {
    return await rotate({ places, away, key, codec: bodyCodec(settings), dryRun: only, onProgress });
  } finally {
    end();
  }
}

async function note({ places }: OpenPlaces, { key, rotated }: { key: string; rotated: Rotated }): Promise<void> {
  const facts = { key, bodies: sumOf(rotated.rotated), notReached: rotated.notReached.length };
  const action = { id: randomUUID(), at: Date.now(), by: person(), command: 'privacy rotate', facts, callbacks: [] };
  await places.history?.write({ ...NO_ROWS, actions: [action] });
}

const sumOf = (places: Rotated['rotated']) => places.reduce((sum, { bodies }) => sum + bodies, 0);

type Told = Rotating & { readonly rotated: Rotated; readonly key: string; readonly only: boolean };

/** `reached`: all could be asked. `nothing`: all has the first key, and no older one is needed. */
type Left = { readonly reached: boolean; readonly nothing: boolean };

async function tell(open: OpenPlaces, { rotated, key, only, settingsPath, json, terminal }: Told): Promise<Left> {
  const status = await readEncryption(open, settingsPath);
  const notReached = [...new Set([...rotated.notReached, ...status.notReached])];
  const underWay = sumOf(rotated.underWay);
  // One may have started meanwhile.
  const otherKeys = withOtherKeys((await runningIn(open)) ?? [], open.settings);
  const keepBodies = open.settings.history?.keepBodies;
  const older = olderKeys({ ...status, notReached, keepBodies, underWay, otherKeys });
  const reached = notReached.length === 0;
  const stays = underWay + sumOf(rotated.unreadable) + status.plain.bodies;
  const left = { reached, nothing: reached && stays === 0 && older.every(({ removable }) => removable) };
  if (json) {
    const more = { plain: status.plain, missing: status.missing, payloads: status.unreadable, otherKeys, notReached };
    terminal.out(JSON.stringify({ dryRun: only, key, ...rotated, older, ...more }));
    return left;
  }
  if (rotated.rotated.length === 0) terminal.out(`everything that rests is encrypted with key ${key}`);
  else for (const line of rotatedTable(rotated.rotated, only)) terminal.out(line);
  if (!only) for (const line of older.flatMap(olderKeyLines)) terminal.out(line);
  if (!only) for (const at of status.plain.at) terminal.err(plainLine(at, keepBodies));
  for (const { where, bodies } of rotated.unreadable)
    terminal.err(`not changed: ${bodiesInWords(bodies)} (${where}), whose key is missing or which were changed by somebody`);
  if (underWay > 0) terminal.err(`not changed: ${bodiesInWords(underWay)}, which a worker has under way. Run this again`);
  for (const line of doubts(status.unreadable, otherKeys)) terminal.err(line);
  for (const why of notReached) terminal.err(`not reached: ${why}`);
  return left;
}
