import { GraphqlFault } from '../../access/graphql-post';
import { showControls } from '../format/hostile-text';
import panel from './Panel.module.css';

/** What the server said of one field of what was sent. @param path within the input: "recipe.url" */
export function problemAt(fault: Error | null, path: string): string | undefined {
  return fieldsOf(fault).find((problem) => problem.path === `input.${path}`)?.message;
}

interface Props {
  fault: Error | null;
  /** Whether the form has a field of that path, which tells what is wrong with it. */
  isAtField: (path: string) => boolean;
}

/** Below a form: why it was not taken, or where that stands. */
export function FormProblem({ fault, isAtField }: Props) {
  if (!fault) return null;
  const problems = fieldsOf(fault).map(({ path, message }) => ({
    path: path.replace(/^input\./, ''),
    message,
  }));
  const others = problems.filter(({ path }) => !isAtField(path));
  const text =
    problems.length === 0
      ? fault.message
      : others.length > 0
        ? others.map(({ path, message }) => `${path}: ${message}`).join(' ')
        : 'What has to be changed stands at its field.';
  return (
    <p className={panel.problem} role="alert">
      {showControls(text)}
    </p>
  );
}

function fieldsOf(fault: Error | null) {
  return fault instanceof GraphqlFault ? fault.fields : [];
}
