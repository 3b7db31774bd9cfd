//! Dashboards, as types, and the documents of Grafana and Perses that they become.
