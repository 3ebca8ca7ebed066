import { useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import { useApi, useSession } from '../../api/api-context';
import { Button, ButtonLink } from '../../components/Button';
import { StatePanel } from '../../components/States';
import { showName } from '../../format/hostile-text';
import { usePageTitle } from '../../shell/use-page-title';
import { CredentialsPage, type CredentialField } from '../sign-in/CredentialsPage';

const FIELDS: CredentialField<'username' | 'email' | 'password'>[] = [
  { name: 'username', label: 'Username', type: 'text', autoComplete: 'username' },
  { name: 'email', label: 'Email', type: 'email', autoComplete: 'email' },
  {
    name: 'password',
    label: 'Password',
    type: 'password',
    autoComplete: 'new-password',
    hint: '10 characters or more; neither a common one nor one that holds your name.',
  },
];

/** An invitation comes in the address: /register?invitation=… */
export function RegisterPage() {
  const store = useApi().session;
  const session = useSession();
  const [search] = useSearchParams();
  const invitation = search.get('invitation');
  const [hasSent, setSent] = useState(false);
  usePageTitle('Register');
  if (invitation !== null && session.state === 'signed-in' && !hasSent) {
    return (
      <StatePanel
        title={`You are signed in as ${showName(session.person.username)}`}
        action={
          <>
            <Button look="primary" onPress={() => void store.signOut()}>
              Sign out and register
            </Button>
            <ButtonLink to="/">Stay signed in</ButtonLink>
          </>
        }
      >
        <p>
          An invitation makes a new account. To use this one in the project, ask who invited you to add{' '}
          {session.person.email} to it.
        </p>
      </StatePanel>
    );
  }
  return (
    <CredentialsPage
      title="Register"
      fields={FIELDS}
      onSubmit={(values) => {
        setSent(true);
        return store.register(invitation === null ? values : { ...values, invitation });
      }}
      other={(query) => (
        <>
          Have an account? <Link to={`/sign-in${query}`}>Sign in</Link>
        </>
      )}
    />
  );
}
