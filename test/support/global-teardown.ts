import { stopTestDatabase } from './global-setup.js';

export default stopTestDatabase;
