import { ALERTS, type Callback } from '@ringback/contracts';
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import type { Draft } from '../message.ts';

const Body = Type.Object({
  condition: Type.String(),
  subject: Type.Optional(Type.Object({ kind: Type.String(), name: Type.String() })),
  severity: Type.Enum(['error', 'warning']),
  since: Type.String(),
  until: Type.Optional(Type.String()),
  text: Type.String(),
  runbook: Type.String(),
});
const body = Compile(Body);

/** One of our own callbacks, about Ringback itself. */
export function isAlert({ source, account, type }: Pick<Callback, 'source' | 'account' | 'type'>): boolean {
  return source === ALERTS.source && account === ALERTS.account && type.startsWith(`${ALERTS.type}.`);
}

export function describeAlert(type: string, data: unknown): Draft | undefined {
  if (!body.Check(data)) return undefined;
  const { subject, severity, since, until, text, runbook, condition } = data;
  const isOver = type === `${ALERTS.type}.resolved`;
  const about = subject === undefined ? condition : `${condition}: ${wordsOf(subject)}`;
  const link = { label: 'What to do', url: runbook };
  return {
    ...head(isOver, severity, about),
    rows: [
      [isOver ? 'What it was' : 'What', text],
      ['Severity', severity],
      ['Since', since],
      ['Until', until],
      ['What to do', isOver || runbook.startsWith('http') ? undefined : runbook],
      ['Look', isOver ? undefined : 'ringback status'],
    ],
    links: isOver ? [] : [link],
  };
}

/** A shard is a number. */
function wordsOf({ kind, name }: { readonly kind: string; readonly name: string }): string {
  return kind === 'shard' ? `shard ${name}` : name;
}

function head(isOver: boolean, severity: Static<typeof Body>['severity'], about: string): Pick<Draft, 'title' | 'state'> {
  if (isOver) return { title: `✅ Resolved: ${about}`, state: 'good' };
  return severity === 'error' ? { title: `🚨 ${about}`, state: 'bad' } : { title: `⚠️ ${about}`, state: 'warning' };
}
