import { Type } from 'typebox';

/** A path of the ingress. */
export function PathSetting(options: { description: string; default?: string }) {
  return Type.String({
    ...options,
    pattern: '^/[\\w.~/-]*$',
    description: `${options.description}: letters, digits and . _ ~ - /`,
  });
}
