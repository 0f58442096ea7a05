import { PanelPlugin } from '@grafana/data';
import { inStore } from '../in-store.js';
import { TokenPanel } from './TokenPanel.js';

export const plugin = new PanelPlugin(inStore(TokenPanel));
