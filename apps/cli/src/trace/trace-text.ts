import type { Traced, TracedDelivery } from '@ringback/operations';
import { age } from '../terminal/age.ts';
import { printable } from '../terminal/table.ts';

const LABEL = 11;

/** A callback's story for a person. Shows no body. */
export function traceText(traced: Traced, now: number): string[] {
  const { callback, routes, deliveries, resting, actions, notes } = traced;
  const lines = [
    `${callback.type ?? 'a callback'}  ${callback.id ?? `msg_${callback.key}`}`,
    ...labelled('from', fromWords(traced)),
    ...labelled('received', receivedWords(traced)),
    ...labelled('trace', callback.trace),
    ...labelled('about', aboutWords(traced)),
    ...labelled('again', againWords(traced)),
    ...labelled('fate', fateWords(traced)),
    ...routes.map(({ number, matched, because }) =>
      label(`route ${number}`, `${matched ? 'matches' : 'does not match'}${because === undefined ? '' : `: ${because}`}`),
    ),
    ...deliveries.flatMap((delivery) => deliveryLines(delivery, { now, id: callback.id ?? `msg_${callback.key}` })),
    ...resting.map(({ as, in: place, id, since, reason }) =>
      label(as, `since ${iso(since)}, in ${place}, ${reason} (quarantine show ${id})`),
    ),
    ...actions.map((action) => label('by hand', `${iso(action.at)} ${action.by}: ${commandWords(action)}`)),
    ...notes.map((note) => label('note', note)),
  ];
  return lines.map(printable);
}

function label(name: string, text: string): string {
  return `  ${name.padEnd(LABEL)} ${text}`;
}

const labelled = (name: string, text: string | undefined) => (text === undefined ? [] : [label(name, text)]);

function fromWords({ callback: { source, account, id, key } }: Traced): string | undefined {
  if (source === undefined) return undefined;
  return `source ${source}, account ${account}${id === undefined ? '' : `, webhook-id msg_${key}`}`;
}

const STAGES = {
  queued: 'acked, waits for a worker',
  'being dispatched': 'acked, a worker is dispatching it',
  dispatched: 'acked',
  refused: 'refused',
} as const;

function receivedWords({ callback: { receivedAt, stage, batch, dispatchedAt } }: Traced): string {
  const when = receivedAt === undefined ? '' : `${iso(receivedAt)}, `;
  const claimed = batch === undefined ? '' : `; batch ${batch}`;
  const after = dispatchedAt === undefined || receivedAt === undefined ? undefined : Math.max(0, dispatchedAt - receivedAt);
  return `${when}${STAGES[stage]}${claimed}${after === undefined ? '' : `, dispatched after ${lasted(after)}`}`;
}

function aboutWords({ callback: { subjects } }: Traced): string | undefined {
  const { task, userTask, order, call } = subjects;
  const all = Object.entries({ task, 'your task': userTask, order, call }).filter(([, id]) => id !== undefined);
  return all.length === 0 ? undefined : all.map(([name, id]) => `${name} ${id}`).join(', ');
}

function againWords({ callback: { repeats } }: Traced): string | undefined {
  const { duplicates, conflicts } = repeats;
  const parts = [
    ...(duplicates > 0 ? [`${duplicates} duplicate${duplicates === 1 ? '' : 's'}, not delivered again`] : []),
    ...(conflicts > 0 ? [`${conflicts} with another body, kept in quarantine`] : []),
  ];
  return parts.length === 0 ? undefined : parts.join('; ');
}

function fateWords({ callback: { fate } }: Traced): string | undefined {
  if (fate?.businessDuplicate) return 'the same thing came under another requestID: not delivered';
  if (fate?.dropped !== undefined) return `dropped by a route: ${fate.dropped}`;
  return fate?.unrouted && `no route took it: ${fate.unrouted.reason}`;
}

function commandWords({ command, facts }: Traced['actions'][number]): string {
  const { replay, to, newId } = facts;
  if (command === 'replay') return `replay ${replay}, to ${to}${newId === true ? ', under a new webhook-id' : ''}`;
  const given = Object.entries(facts).map(([name, value]) => `${name}: ${value}`);
  return given.length === 0 ? command : `${command} (${given.join(', ')})`;
}

type Told = { readonly now: number; readonly id: string };

function deliveryLines(delivery: TracedDelivery, { now, id }: Told): string[] {
  const { output, attempts, deadLetter, wasParked } = delivery;
  return [
    label(output, stateWords(delivery, now)),
    ...labelled('', wasParked && parkedWords(wasParked)),
    ...labelled('', deadLetter && keptWords(deadLetter, `${id} --output ${output}`)),
    ...attempts.map(({ number, at, ms, outcome, status, reason, fault, nextAt, replay }) => {
      const result = [outcome, status === undefined ? reason : (reason ?? `HTTP ${status}`)].filter((part) => part !== undefined);
      const whose = fault === undefined ? '' : ` (${fault})`;
      const next = nextAt === undefined ? '' : `, next ${iso(nextAt)}`;
      return label(
        '',
        `${number}. ${iso(at)} ${lasted(ms)} ${result.join(': ')}${whose}${next}${replay === undefined ? '' : `, replay ${replay}`}`,
      );
    }),
  ];
}

const parkedWords = ({ from, to }: NonNullable<TracedDelivery['wasParked']>): string =>
  `was parked from ${iso(from)} ${to === undefined ? 'on; until when is not known' : `to ${iso(to)}`}`;

function keptWords({ since, reason }: NonNullable<TracedDelivery['deadLetter']>, which: string): string {
  const when = since === undefined ? '' : ` since ${iso(since)}`;
  const why = reason === undefined ? '' : ` (${reason})`;
  return `its dead letter${when}${why} is still kept: dead-letters purge ${which} --yes`;
}

function stateWords(delivery: TracedDelivery, now: number): string {
  const { state, since, reason, attempted, attempts, nextAt } = delivery;
  const made = attempted === undefined ? '' : `, ${attempted} attempt${attempted === 1 ? '' : 's'} by Redis`;
  // The last attempt says it.
  const why = reason === undefined || attempts.at(-1)?.reason === reason ? '' : `: ${reason}`;
  const when = since === undefined || state === 'waiting' ? '' : ` ${iso(since)}`;
  const next = nextAt === undefined ? '' : `, about ${iso(nextAt)}${nextAt > now ? ` (in ${age(nextAt - now)})` : ''}`;
  return `${placeWords(delivery)}${next}${when}${made}${why}`;
}

function placeWords({ state, where }: TracedDelivery): string {
  switch (where) {
    case 'done':
      return state;
    case 'held':
      return 'waits: held, as its output cannot take it now';
    case 'queued':
      return "waits in its output's queue";
    case 'later':
      return 'waits for its next attempt';
    case 'under way':
      return 'is being attempted now';
    case 'dead letter':
      return 'dead letter since';
    case 'parked':
      return 'parked in the history (it returns by itself) since';
    case 'unknown':
      return state;
    default:
      return where satisfies never;
  }
}

const lasted = (ms: number) => (ms < 10_000 ? `${ms} ms` : age(ms));
const iso = (time: number) => new Date(time).toISOString();
