import { readRouteCounts } from '@ringback/queue';

export async function countLines(access: Parameters<typeof readRouteCounts>[0]): Promise<string[]> {
  const { dropped, unkept } = await readRouteCounts(access);
  const inWords = (counts: typeof dropped) => counts.map(({ name, count }) => `${name}: ${count}`).join(', ');
  return [
    ...(dropped.length > 0 ? [`dropped by routes so far: ${inWords(dropped)}`] : []),
    ...(unkept.length > 0 ? [`lost so far because the quarantine was full: ${inWords(unkept)}`] : []),
  ];
}
