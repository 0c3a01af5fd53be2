import { useState } from 'preact/hooks';
import type { PieceDetail, RolloutDetail, SegmentDetail } from '../report/describe-rollout.ts';
import { count, percent, short, showText } from './wording.ts';

/** Tokens that are shown before somebody asks for all. */
const FIRST = 4_000;

/** Least expected tokens that are listed. */
const LISTED = 8;

interface Token {
  readonly text: string;
  readonly logprob: number | null;
  readonly piece: PieceDetail;
  readonly segment: SegmentDetail;
  readonly hasLoss: boolean;
}

/** Every token with who wrote it, how expected it was, and whether the loss counts it. */
export function TokenView({ detail }: { readonly detail: RolloutDetail }) {
  const [isWhole, setWhole] = useState(false);
  const tokens = listTokens(detail);
  if (tokens.length === 0)
    return <p class="note">The tokens of this rollout are not here: parallel-r1 why {detail.rollout.id} shows them.</p>;
  const shown = isWhole ? tokens : tokens.slice(0, FIRST);
  const hasTexts = detail.segments.some(({ pieces }) => pieces.some((piece) => piece.tokens !== null));
  return (
    <>
      <p class="note token-legend">
        <span class="token policy p3">unexpected</span> <span class="token policy p1">expected</span>{' '}
        <span class="token injected">inserted by the controller</span>{' '}
        <span class="token policy loss">in the loss</span>
        {hasTexts ? '' : ' The vocabulary of this model is not at hand, so tokens are shown by their numbers.'}
      </p>
      <p class="tokens">
        {shown.map((token, i) => (
          <span key={i} class={styleToken(token)} title={describeToken(token)}>
            {showText(token.text).replaceAll('\n', '⏎\n')}
          </span>
        ))}
        {shown.length < tokens.length && (
          <button type="button" class="more" onClick={() => setWhole(true)}>
            {count(tokens.length - shown.length)} more tokens
          </button>
        )}
      </p>
      <Surprises tokens={tokens} />
    </>
  );
}

function listTokens({ segments, trainer }: RolloutDetail): Token[] {
  const isTrained = trainer.datums.length > 0;
  return segments.flatMap((segment) =>
    segment.pieces.flatMap((piece) => {
      const texts = piece.tokens ?? piece.ids.map((id) => `${id} `);
      return texts.map((text, i) => {
        const logprob = piece.logprobs?.[i] ?? null;
        return { text, logprob, piece, segment, hasLoss: isTrained && piece.origin === 'policy' && logprob !== null };
      });
    }),
  );
}

/** Four shades, from what the model was sure of to what it hardly expected. */
function styleToken({ logprob, piece, hasLoss }: Token): string {
  const shade = logprob === null ? '' : ` p${logprob > -0.05 ? 0 : logprob > -0.7 ? 1 : logprob > -2.3 ? 2 : 3}`;
  return `token ${piece.origin}${shade}${hasLoss ? ' loss' : ''}`;
}

function describeToken({ logprob, piece, segment, hasLoss }: Token): string {
  const place = segment.role === 'path' ? `path ${segment.path}` : segment.role;
  const chance =
    logprob === null ? 'no log-prob' : `log-prob ${short(logprob)}, chance ${percent(Math.exp(logprob), 1)}`;
  return `${place}, ${piece.origin}, ${chance}${hasLoss ? ', in the loss' : ''}`;
}

/** Where the model was least sure: often where a wrong answer begins. */
function Surprises({ tokens }: { readonly tokens: readonly Token[] }) {
  const ranked = tokens
    .map((token, at) => ({ token, at }))
    .filter(({ token }) => token.logprob !== null)
    .sort((a, b) => a.token.logprob! - b.token.logprob!)
    .slice(0, LISTED);
  if (ranked.length === 0) return null;
  return (
    <details open class="figures">
      <summary>Least expected tokens</summary>
      <div class="scroll">
        <table>
          <thead>
            <tr>
              <th scope="col">token</th>
              <th scope="col">after</th>
              <th scope="col">chance</th>
              <th scope="col">log-prob</th>
              <th scope="col">in</th>
            </tr>
          </thead>
          <tbody>
            {ranked.map(({ token, at }) => (
              <tr key={at}>
                <th scope="row">
                  <code>{showText(token.text)}</code>
                </th>
                <td>
                  <code>{showText(readBefore(tokens, at))}</code>
                </td>
                <td>{percent(Math.exp(token.logprob!), 1)}</td>
                <td>{short(token.logprob)}</td>
                <td>{token.segment.role === 'path' ? `path ${token.segment.path}` : token.segment.role}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </details>
  );
}

function readBefore(tokens: readonly Token[], at: number): string {
  return tokens
    .slice(Math.max(0, at - 12), at)
    .map(({ text }) => text)
    .join('')
    .slice(-24)
    .replaceAll('\n', '⏎');
}
