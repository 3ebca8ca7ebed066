import { useEffect, useId, useRef, useState } from 'react';
import { GraphqlFault } from '../access/graphql-post';
import type { AccessStore } from './access';

export type CredentialsMode = 'sign-in' | 'register';

interface Field {
  name: 'login' | 'username' | 'email' | 'password';
  label: string;
  type: 'text' | 'email' | 'password';
  autoComplete: string;
  hint?: string;
}

const FORMS: Record<CredentialsMode, { title: string; fields: Field[] }> = {
  'sign-in': {
    title: 'Sign in',
    fields: [
      { name: 'login', label: 'Username or email', type: 'text', autoComplete: 'username' },
      { name: 'password', label: 'Password', type: 'password', autoComplete: 'current-password' },
    ],
  },
  register: {
    title: 'Register',
    fields: [
      { name: 'username', label: 'Username', type: 'text', autoComplete: 'username' },
      { name: 'email', label: 'Email', type: 'email', autoComplete: 'email' },
      {
        name: 'password',
        label: 'Password',
        type: 'password',
        autoComplete: 'new-password',
        hint: '10 characters or more; neither a common one nor one that holds your name.',
      },
    ],
  },
};

const EMPTY = { login: '', username: '', email: '', password: '' };

interface Props {
  store: AccessStore;
  mode: CredentialsMode;
  onMode: (mode: CredentialsMode) => void;
  onClose: () => void;
}

/** Sign in or register, in front of the page. Closes by itself when the server has given a token. */
export function CredentialsDialog({ store, mode, onMode, onClose }: Props) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [values, setValues] = useState(EMPTY);
  const [fault, setFault] = useState<Error | null>(null);
  const [isBusy, setBusy] = useState(false);
  const form = FORMS[mode];
  const otherMode = mode === 'sign-in' ? 'register' : 'sign-in';

  useEffect(() => element.current?.showModal(), []);

  const submit = async () => {
    setBusy(true);
    setFault(null);
    try {
      const { login, username, email, password } = values;
      await (mode === 'sign-in' ? store.signIn(login, password) : store.register(username, email, password));
      element.current?.close();
    } catch (error) {
      setFault(error as Error);
    } finally {
      setBusy(false);
    }
  };

  const problems = fault instanceof GraphqlFault ? fault.fields : [];
  const problemOf = (field: Field) =>
    problems.find(({ path }) => path.split('.').at(-1) === field.name)?.message;
  const isToldAtFields = problems.length > 0 && form.fields.some(problemOf);

  return (
    <dialog ref={element} className="credentials" aria-labelledby={`${id}-title`} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void submit();
        }}
      >
        <h2 id={`${id}-title`}>{form.title}</h2>
        {form.fields.map((field) => {
          const problem = problemOf(field);
          const note = problem ?? field.hint;
          const inputId = `${id}-${field.name}`;
          return (
            <div key={`${mode}-${field.name}`} className="credentials-field">
              <label htmlFor={inputId}>{field.label}</label>
              <input
                id={inputId}
                name={field.name}
                type={field.type}
                autoComplete={field.autoComplete}
                spellCheck={false}
                required
                value={values[field.name]}
                onChange={(event) => setValues({ ...values, [field.name]: event.target.value })}
                aria-invalid={problem !== undefined}
                aria-describedby={note && `${inputId}-note`}
              />
              {note && (
                <p id={`${inputId}-note`} className={problem ? 'is-problem' : 'is-hint'}>
                  {note}
                </p>
              )}
            </div>
          );
        })}
        <p role="alert" className="is-problem">
          {isToldAtFields ? '' : fault?.message}
        </p>
        <div className="credentials-actions">
          <button type="submit" className="is-primary" disabled={isBusy}>
            {form.title}
          </button>
          <button type="button" onClick={() => element.current?.close()}>
            Cancel
          </button>
          <button
            type="button"
            className="is-link"
            onClick={() => {
              setFault(null);
              onMode(otherMode);
            }}
          >
            {mode === 'sign-in' ? 'No account yet? Register' : 'Have an account? Sign in'}
          </button>
        </div>
      </form>
    </dialog>
  );
}
