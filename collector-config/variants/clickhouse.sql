-- The table of events for variants/clickhouse.yaml, made once: clickhouse-client --multiquery < clickhouse.sql
--
-- The columns are those that the collector's exporter inserts by name (clickhouseexporter 0.161, `logs_insert.sql`) and
-- what is asked for most. An event that was delivered twice has the same moment and the same log.record.uid, and so the
-- same place in the order: the copies become one when ClickHouse merges, at once in a query with FINAL.
CREATE DATABASE IF NOT EXISTS sortie;

CREATE TABLE IF NOT EXISTS sortie.events
(
    Timestamp          DateTime64(9, 'UTC') CODEC(Delta(8), ZSTD(1)),
    TraceId            String CODEC(ZSTD(1)),
    SpanId             String CODEC(ZSTD(1)),
    TraceFlags         UInt8,
    SeverityText       LowCardinality(String),
    SeverityNumber     UInt8,
    ServiceName        LowCardinality(String),
    Body               String CODEC(ZSTD(1)),
    ResourceSchemaUrl  LowCardinality(String),
    ResourceAttributes Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    ScopeSchemaUrl     LowCardinality(String),
    ScopeName          LowCardinality(String),
    ScopeVersion       LowCardinality(String),
    ScopeAttributes    Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    LogAttributes      Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    EventName          LowCardinality(String),

    Uid            String MATERIALIZED LogAttributes['log.record.uid'] CODEC(ZSTD(1)),
    CloudAccountId LowCardinality(String) MATERIALIZED ResourceAttributes['cloud.account.id'],
    CloudRegion    LowCardinality(String) MATERIALIZED ResourceAttributes['cloud.region'],
    HostId         String MATERIALIZED ResourceAttributes['host.id'] CODEC(ZSTD(1)),
    HostName       String MATERIALIZED ResourceAttributes['host.name'] CODEC(ZSTD(1)),
    ServerPort     UInt16 MATERIALIZED toUInt16OrZero(LogAttributes['server.port']),
    NetworkType    LowCardinality(String) MATERIALIZED LogAttributes['network.type'],
    PortState      LowCardinality(String) MATERIALIZED LogAttributes['sortie.port.state']
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(Timestamp)
ORDER BY (CloudAccountId, EventName, Timestamp, HostId, Uid)
TTL toDateTime(Timestamp) + INTERVAL 400 DAY
SETTINGS ttl_only_drop_parts = 1;
