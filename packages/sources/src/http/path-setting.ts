import { PatternText } from '@ringback/contracts';

export function PathSetting(options: { description: string; default?: string }) {
  return PatternText({
    ...options,
    pattern: '^/[\\w.~/-]*$',
    words: 'a path; write / and then letters, digits and . _ ~ - /',
    description: `${options.description}: letters, digits and . _ ~ - /`,
  });
}
