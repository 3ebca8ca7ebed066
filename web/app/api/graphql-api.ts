import { GraphqlFault, postGraphql, type PostOptions } from '../../access/graphql-post';
import type { TypedDocumentString } from '../generated/graphql';
import type { SessionStore } from './session';

/** Queries and mutations as the person who is signed in. */
export class GraphqlApi {
  constructor(
    private readonly url: URL,
    private readonly session: SessionStore,
  ) {}

  /**
   * Runs one operation. One that was refused because the token had just been exchanged is sent again.
   * @param options.read how the text of the answer is read; JSON.parse unless told
   * @throws GraphqlFault with the code of the first error, or UNREACHABLE
   * @throws DOMException (AbortError) when the signal ends it
   */
  readonly request = async <Result, Variables>(
    document: TypedDocumentString<Result, Variables>,
    variables: Variables,
    signal?: AbortSignal,
    options: Pick<PostOptions, 'read'> = {},
  ): Promise<Result> => {
    for (;;) {
      await this.session.settled();
      const { token } = this.session;
      const body = { query: document.toString(), variables };
      const { data, errors } = await postGraphql(this.url, body, { ...options, token, signal });
      const [error] = errors ?? [];
      if (!error) return data as Result;
      const isRefused = error.extensions?.code === 'UNAUTHENTICATED';
      if (!isRefused || !(await this.session.refused(token))) {
        throw new GraphqlFault(error.message, error.extensions);
      }
    }
  };
}
