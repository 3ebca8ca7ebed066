import { useEffect, useState, useSyncExternalStore } from 'react';
import type { Access, AccessStore } from './access';
import { CredentialsDialog, type CredentialsMode } from './CredentialsDialog';

/** The bar above GraphiQL: who is signed in, the token in use, and the ways to get one. */
export function AccessBar({ store }: { store: AccessStore }) {
  const access = useSyncExternalStore(store.subscribe, store.snapshot);
  const [dialog, setDialog] = useState<CredentialsMode | null>(null);
  const canSignIn = access.state === 'anonymous' || access.state === 'problem';
  return (
    <header className="bar">
      <h1 className="bar-name">Binnacle</h1>
      <p className={`bar-status bar-status-${access.state}`} role="status">
        <Status access={access} />
      </p>
      <TokenField token={store.token} onUse={(text) => void store.use(text)} />
      {canSignIn ? (
        <>
          <button type="button" className="is-primary" onClick={() => setDialog('sign-in')}>
            Sign in
          </button>
          <button type="button" onClick={() => setDialog('register')}>
            Register
          </button>
        </>
      ) : (
        <button type="button" onClick={() => void store.signOut()}>
          {access.state === 'person' ? 'Sign out' : 'Clear'}
        </button>
      )}
      {dialog && (
        <CredentialsDialog store={store} mode={dialog} onMode={setDialog} onClose={() => setDialog(null)} />
      )}
    </header>
  );
}

const STATUS_TEXTS = {
  anonymous: 'Not signed in',
  checking: 'Checking the token…',
  key: 'API key accepted',
};

function Status({ access }: { access: Access }) {
  if (access.state === 'problem') return access.message;
  if (access.state !== 'person') return STATUS_TEXTS[access.state];
  return (
    <>
      Signed in as <strong>{access.username}</strong>
    </>
  );
}

/** Taken into use by Enter and on leaving the field, so that a query never runs with a token that is only half put in. */
function TokenField({ token, onUse }: { token: string; onUse: (text: string) => void }) {
  const [text, setText] = useState(token);
  useEffect(() => setText(token), [token]);
  const use = () => {
    if (text !== token) onUse(text);
  };
  return (
    <form
      className="bar-token"
      onSubmit={(event) => {
        event.preventDefault();
        use();
      }}
    >
      <label htmlFor="token">Token or API key</label>
      <input
        id="token"
        type="password"
        autoComplete="off"
        spellCheck={false}
        placeholder="Paste, then press Enter"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onBlur={use}
      />
    </form>
  );
}
