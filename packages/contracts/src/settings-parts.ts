/** The name of an output's part of the settings. Workers tell which parts they run with. */
export function outputPart(output: string): string {
  return `output ${output}`;
}
