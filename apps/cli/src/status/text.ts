import type { Condition, InstallationStatus, OutputStatus } from '@ringback/operations';
import { countLines } from '../dispatch/route-counts.ts';
import { dispatchLine } from '../dispatch/state.ts';
import { historyLines } from '../history/status.ts';
import { outputTable } from '../outputs/list.ts';
import { stateNotes } from '../outputs/state.ts';
import { age } from '../terminal/age.ts';
import { iso } from '../terminal/iso.ts';
import { table } from '../terminal/table.ts';

/** What one look has found. `missing`: what could not be asked. */
export type Seen = {
  readonly status: InstallationStatus;
  readonly conditions: readonly Condition[];
  readonly missing: readonly string[];
};

/** For a screen: problems first. */
export function statusLines({ status, conditions, missing }: Seen): string[] {
  const { at: now, dispatch, outputs, shards, routes } = status;
  return [
    ...problemLines({ conditions, missing }, now),
    ...missing.map((reason) => `missing  ${reason}`),
    '',
    ...processLines(status),
    '',
    ratesLine(status),
    dispatchLine(dispatch, shards),
    '',
    ...outputTable(outputs, now),
    ...outputs.flatMap((output) => [...stateNotes(output, { now, shards }), ...lastLine(output, now)]),
    '',
    ...keptLines(status),
    ...countLines(routes === undefined ? [] : [routes]),
    ...redisLines(status),
    ...historyLines(status.history, now),
  ];
}

function problemLines({ conditions, missing }: Pick<Seen, 'conditions' | 'missing'>, now: number): string[] {
  // What could not be asked may have one.
  if (conditions.length === 0) return missing.length === 0 ? ['no problem is known'] : [];
  return conditions.map(({ severity, text, since }) => {
    const when = since === undefined ? '' : ` (since ${iso(since)}, ${age(now - since)})`;
    return `${severity.padEnd('warning'.length)}  ${text}${when}`;
  });
}

function processLines({ processes, redis, shards, at }: InstallationStatus): string[] {
  const isSilent = redis.some(({ shard, refusal }) => shard === 0 && refusal !== undefined);
  if (processes === undefined) {
    const away = shards > 1 ? 'without shard 0' : 'while Redis is away';
    return [`which processes run is not known ${isSilent ? 'while Redis takes no writes' : away}`];
  }
  if (processes.length === 0) return ['no ingress and no worker runs'];
  const rows = processes.map(({ app, host, pid, version, startedAt, toldAt, state }) => [
    app,
    `${host}:${pid}`,
    version,
    age(at - startedAt),
    state?.settings ? `${state.settings.path}, ${age(at - state.settings.loadedAt)} ago` : '-',
    `${stateWords(state)}${isSilent && toldAt !== undefined ? `, ${age(at - toldAt)} ago` : ''}`,
  ]);
  return table(['app', 'process', 'version', 'up', 'settings', 'state'], rows);
}

function stateWords(state: NonNullable<InstallationStatus['processes']>[number]['state']): string {
  if (state === undefined) return 'running';
  return state.notReady.length === 0 ? 'ready' : 'not ready';
}

const SHOWN_RATES = ['acked', 'refused', 'dispatched', 'delivered', 'retried', 'dead'] as const;

function ratesLine({ rates }: InstallationStatus): string {
  if (rates === undefined) return 'rates are not known';
  const shown = SHOWN_RATES.map((name) => `${rateWords(rates[name])} ${name}`).join(', ');
  return `a second, in the last ten: ${shown}`;
}

const rateWords = (rate: number) => (rate === 0 ? '0' : rate < 10 ? rate.toFixed(1) : String(Math.round(rate)));

function lastLine({ name, lastDelivered, lastFailed }: OutputStatus, now: number): string[] {
  const delivered = lastDelivered === undefined ? [] : [`delivered ${age(now - lastDelivered)} ago`];
  const failed = lastFailed === undefined ? [] : [`failed ${age(now - lastFailed.at)} ago (${lastFailed.reason})`];
  const said = [...delivered, ...failed];
  return said.length === 0 ? [] : [`${name} last ${said.join(', ')}`];
}

function keptLines({ kept, spooled = 0, history }: InstallationStatus): string[] {
  if (kept === undefined) return ['what is kept is not known'];
  const { deadLetters, quarantined, unrouted } = kept;
  const where = history.resting === undefined ? 'kept in Redis' : 'kept';
  const onDisk = spooled > 0 ? [`${spooled} callbacks wait in spool files of ingresses`] : [];
  return [`${where}: ${deadLetters} dead letters, ${quarantined} quarantined, ${unrouted} that no route matches`, ...onDisk];
}

function redisLines({ redis, shards }: InstallationStatus): string[] {
  return redis.map(({ shard, version = 'of unknown version', memoryRatio, maxmemory, roundTripMs, ackWorth }) => {
    const name = shards === 1 ? 'Redis' : `shard ${shard}: Redis`;
    const memory = maxmemory === 0 ? 'no maxmemory' : `${Math.round(memoryRatio * 100)} % of ${mebibytes(maxmemory)}`;
    return `${name} ${version}: ${memory}, round trip ${roundTripMs.toFixed(1)} ms. An ack is worth: ${ackWorth}`;
  });
}

const mebibytes = (bytes: number) => `${Math.round(bytes / 1024 / 1024)} MiB`;
