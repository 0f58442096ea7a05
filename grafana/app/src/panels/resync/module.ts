import { PanelPlugin } from '@grafana/data';
import { inStore } from '../in-store.js';
import { ResyncPanel } from './ResyncPanel.js';

export const plugin = new PanelPlugin(inStore(ResyncPanel));
