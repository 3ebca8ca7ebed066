import { Link, useSearchParams } from 'react-router';
import { useApi } from '../../api/api-context';
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
  const { session } = useApi();
  const [search] = useSearchParams();
  const invitation = search.get('invitation');
  usePageTitle('Register');
  return (
    <CredentialsPage
      title="Register"
      fields={FIELDS}
      onSubmit={(values) => session.register(invitation === null ? values : { ...values, invitation })}
      other={(query) => (
        <>
          Have an account? <Link to={`/sign-in${query}`}>Sign in</Link>
        </>
      )}
    />
  );
}
