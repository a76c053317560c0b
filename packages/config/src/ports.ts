import { Type } from 'typebox';
import type { Problems } from './problem.ts';
import type { SettingsDocument } from './document.ts';
import { shown } from './wording.ts';

type Ingress = {
  readonly host: string;
  readonly port: number;
  readonly adminHost: string;
  readonly adminPort?: number | undefined;
};

const EVERY_ADDRESS = new Set(['0.0.0.0', '::']);

export function checkPorts({
  document,
  problems,
  ingress,
}: {
  document: SettingsDocument;
  problems: Problems;
  ingress: Ingress;
}): void {
  const { host, port, adminHost, adminPort } = ingress;
  if (adminPort !== port || port === 0) return;
  if (host !== adminHost && !EVERY_ADDRESS.has(host) && !EVERY_ADDRESS.has(adminHost)) return;
  const { node } = document.nodeAt(['ingress', 'adminPort']);
  problems.report(
    document.placeOf(node),
    'ingress.adminPort',
    `${shown(Type.Integer(), node, document)} is ingress.port as well; each needs its own`,
  );
}
