import { StatePanel } from '../../components/States';
import { usePageTitle } from '../../shell/use-page-title';

export function AgentPage() {
  usePageTitle('Agent');
  return <StatePanel title="Agent" />;
}
