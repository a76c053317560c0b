import type { Config } from '@ringback/config';
import { type Reason, RingbackError, type Source } from '@ringback/contracts';
import { createSources, explainFacts, explainRequest, type LineFacts, sourceTypes } from '@ringback/sources';
import { type Capture, unreadable } from './capture.ts';

export type Verdict = {
  readonly source?: string | undefined;
  readonly account?: string | undefined;
  /** Empty: the signature fits. */
  readonly reasons: readonly Reason[];
  /** Whether the reasons were proven by computing the signature anew. */
  readonly proven: boolean;
};

type Asked = {
  readonly sources: readonly Source[];
  readonly capture: Capture;
  /** Used if the capture does not tell. ms since the epoch. */
  readonly now: number;
};

/** All sources of the settings, or the named one. @throws RingbackError RB_CONFIG_INVALID */
export function sourcesOf({ sources }: Config, name: string | undefined): Source[] {
  const wanted = sources.filter((source) => (name ?? source.name) === source.name);
  if (wanted.length > 0) return createSources(wanted);
  const known = sources.map((source) => source.name).join(', ');
  throw new RingbackError('RB_CONFIG_INVALID', `the settings do not have a source named ${name}; they have ${known}`);
}

/** The source of the path, if the capture tells it. */
export function verifyCapture({ sources, capture, now }: Asked): Verdict {
  const { body = Buffer.alloc(0), at = now, ...head } = capture;
  const ofPath = sources.filter(({ paths }) => paths.includes(head.path));
  const found = explainRequest({ sources: ofPath.length > 0 ? ofPath : sources, head: { ...head, receivedAt: at }, body });
  if (!found) throw unreadable('the settings have no source');
  const { source, account, reasons, isProven } = found;
  return { source, ...(account !== undefined && { account }), reasons, proven: isProven };
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
export function tellVerdict({ source, account, reasons, proven }: Verdict): string[] {
  const who = `source ${source ?? '?'}${account === undefined || account === source ? '' : `, account ${account}`}`;
  if (reasons.length === 0) return [`the signature fits: ${who}`];
  const certainty = proven ? 'proven: with this mended, the signature fits' : 'likeliest first';
  return [`refused: ${who} (${certainty})`, ...reasons.map(({ code, text }) => `  ${code}: ${text}`)];
}
