import type { Warning } from './warning.ts';

/** Of a setting as it was read: in the file the settings of a type stand beside `name` and `type`. */
export function placeInFile(keys: Warning['at']): Warning['at'] {
  const [list, , part] = keys;
  const isStanza = (list === 'sources' || list === 'outputs') && part === 'settings';
  return isStanza ? keys.toSpliced(2, 1) : keys;
}
