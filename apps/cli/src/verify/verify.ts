import type { Config } from '@ringback/config';
import { type Effort, type Reason, RingbackError, type Source } from '@ringback/contracts';
import { createSources, explainFacts, explainRequest, finish, type LineFacts, sourceTypes } from '@ringback/sources';
import { type Capture, unreadable } from './capture.ts';

export type Verdict = {
  readonly source?: string | undefined;
  readonly account?: string | undefined;
  /** Empty: the signature fits. */
  readonly reasons: readonly Reason[];
  /** Whether the reasons were proven by computing the signature anew. */
  readonly proven: boolean;
  /** What was not tried, and why. Absent: nothing was left out, or the reasons are proven. */
  readonly untried?: string;
};

/** Some seconds of CPU. */
const EFFORT: Effort = { bytes: 512 * 1024 * 1024 };

type Asked = {
  readonly sources: readonly Source[];
  readonly capture: Capture;
  /** Used if the capture does not tell. ms since the epoch. */
  readonly now: number;
  readonly effort?: Effort;
};

/** All sources of the settings, or the named one. @throws RingbackError RB_CONFIG_INVALID */
export function sourcesOf({ sources }: Config, name: string | undefined): Source[] {
  const wanted = sources.filter((source) => (name ?? source.name) === source.name);
  if (wanted.length > 0) return createSources(wanted);
  const known = sources.map((source) => source.name).join(', ');
  throw new RingbackError('RB_CONFIG_INVALID', `the settings do not have a source named ${name}; they have ${known}`);
}

/** The source of the path, if the capture tells it. */
export function verifyCapture(asked: Asked): Verdict {
  return finish(verifyInSteps(asked));
}

export function* verifyInSteps({ sources, capture, now, effort = EFFORT }: Asked): Generator<void, Verdict> {
  const { body = Buffer.alloc(0), at = now, ...head } = capture;
  const ofPath = sources.filter(({ paths }) => paths.includes(head.path));
  const asked = ofPath.length > 0 ? ofPath : sources;
  const found = yield* explainRequest({ sources: asked, head: { ...head, receivedAt: at }, body, effort });
  if (!found) throw unreadable('the settings have no source');
  const { source, account, reasons, isProven, untried } = found;
  const left = isProven || untried === undefined ? {} : { untried };
  return { source, ...(account !== undefined && { account }), reasons, proven: isProven, ...left };
}

export function verifyLine({ sources }: Config, facts: LineFacts): Verdict {
  const accounts = sources
    .filter(({ name }) => (facts.source ?? name) === name)
    .flatMap(({ type, settings }) => sourceTypes[type]?.identities(settings).accounts ?? []);
  const reasons = explainFacts(
    facts,
    accounts.map(({ value }) => value),
  );
  if (reasons.length === 0) throw unreadable(`a line with ${facts.code} is none of a signature that does not fit`);
  const { source, account } = facts;
  return { source, account, reasons, proven: false };
}

/** Lines for people. */
export function tellVerdict({ source, account, reasons, proven, untried }: Verdict): string[] {
  const who = `source ${source ?? '?'}${account === undefined || account === source ? '' : `, account ${account}`}`;
  if (reasons.length === 0) return [`the signature fits: ${who}`];
  const certainty = proven ? 'proven: with this mended, the signature fits' : 'likeliest first';
  const told = reasons.map(({ code, text }) => `  ${code}: ${text}`);
  return [`refused: ${who} (${certainty})`, ...told, ...(untried === undefined ? [] : [`  not tried: ${untried}`])];
}
