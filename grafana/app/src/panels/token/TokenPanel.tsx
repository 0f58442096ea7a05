import React, { useState } from 'react';
import type { StoreStatus, StoreToken } from '../../answers.js';
import { read } from '../../collector.js';
import { Confirmed } from '../../parts/confirmed.js';
import { Result, Trouble } from '../../parts/result.js';
import { person } from '../../person.js';
import { useAction } from '../../use-action.js';
import { usePolled } from '../../use-polled.js';
import { Generate, type Generated } from './generate.js';
import { Secret } from './secret.js';
import { shortId, Token } from './token.js';

/** The store's tokens, never their secrets, but for the one that was generated just now. */
export function TokenPanel({ storeId }: { storeId: string }) {
  const path = `/stores/${encodeURIComponent(storeId)}`;
  const [generated, setGenerated] = useState<Generated>();
  const { data, problem, refresh } = usePolled(
    storeId,
    async (signal) => {
      const [{ store }, { items: tokens }] = await Promise.all([
        read<StoreStatus>(`${path}/status`, signal),
        read<{ items: readonly StoreToken[] }>(`${path}/tokens`, signal),
      ]);
      return { name: store.name, tokens };
    },
    ({ tokens }) => tokens.some(({ state }) => state === 'pending'),
  );
  const action = useAction(refresh);
  const { mayAct, mayManage } = person();

  if (!data) return problem ? <Trouble problem={problem} /> : <p className="quiet">Asking HQ …</p>;
  const { name, tokens } = data;
  const rotate = () =>
    void action.run(
      { route: 'act', path: `${path}/tokens/rotate` },
      () => `The store server of ${name} was asked to make its next token.`,
    );
  const generate = async (options: object) => {
    const answer = await action.run<Generated>(
      { route: 'manage', path: `${path}/tokens`, body: options },
      ({ tokenId }) => `The token ${shortId(tokenId)} of ${name} was generated.`,
    );
    if (answer) setGenerated(answer);
  };
  return (
    <>
      {problem && <Trouble problem={problem} />}
      <Result outcome={action.outcome} />
      {generated && <Secret {...generated} name={name} onClose={() => setGenerated(undefined)} />}
      <div className="row">
        {mayAct && (
          <Confirmed
            button="Rotate …"
            title={`Rotate the token of ${name}?`}
            confirm="Rotate token"
            busy={action.busy}
            onConfirm={rotate}
          >
            <p>
              The store server of <strong>{name}</strong> ({storeId}) makes its next token by itself. The old
              one works until the new one was used, and for an hour after that.
            </p>
          </Confirmed>
        )}
        {mayManage && (
          <Generate name={name} storeId={storeId} busy={action.busy} onGenerate={(of) => void generate(of)} />
        )}
      </div>
      {tokens.length === 0 && <p className="quiet">None was ever issued: the store has no store server.</p>}
      <ul>
        {tokens.map((token) => (
          <Token key={token.tokenId} token={token}>
            {mayManage && token.state !== 'revoked' && (
              <Confirmed
                button={`Revoke ${shortId(token.tokenId)} …`}
                title={`Revoke a token of ${name}?`}
                confirm="Revoke token"
                danger
                busy={action.busy}
                onConfirm={() =>
                  void action.run(
                    { route: 'manage', method: 'DELETE', path: `${path}/tokens/${token.tokenId}` },
                    () => `The token ${shortId(token.tokenId)} of ${name} is revoked.`,
                  )
                }
              >
                <p>
                  The token <strong>{token.tokenId}</strong> of the store <strong>{name}</strong> ({storeId})
                  works nowhere any more.
                </p>
                {token.inUse && (
                  <p className="warn">
                    ⚠ The store uses it: it is cut off at once, and keeps its sales until it has another.
                  </p>
                )}
              </Confirmed>
            )}
          </Token>
        ))}
      </ul>
    </>
  );
}
