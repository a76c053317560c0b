import { Composer, type CST, type Document, Lexer, type LineCounter, Parser, YAMLParseError } from 'yaml';
import type { Steps } from './in-steps.ts';

const WORDS_IN_A_STEP = 500;

/** As `parseDocument` of yaml, which does it all at once. Of several documents it gives the first, with an error. */
export function* parseYaml(text: string, lineCounter: LineCounter): Steps<Document.Parsed> {
  const tokens = yield* tokensOf(text, lineCounter);
  const composer = new Composer({ lineCounter, prettyErrors: false, stringKeys: true });
  let first: Document.Parsed | undefined;
  for (const document of composer.compose(tokens, true, text.length)) {
    if (first === undefined) {
      first = document;
      continue;
    }
    first.errors.push(new YAMLParseError([document.range[0], document.range[1]], 'MULTIPLE_DOCS', 'several documents'));
    break;
  }
  if (first === undefined) throw new TypeError('yaml gave no document');
  yield;
  return first;
}

function* tokensOf(text: string, { addNewLine }: LineCounter): Steps<CST.Token[]> {
  const parser = new Parser(addNewLine);
  const tokens: CST.Token[] = [];
  addNewLine(0);
  let words = 0;
  for (const word of new Lexer().lex(text)) {
    tokens.push(...parser.next(word));
    words += 1;
    if (words % WORDS_IN_A_STEP === 0) yield;
  }
  tokens.push(...parser.end());
  return tokens;
}
