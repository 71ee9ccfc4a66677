-- The same join over metrics by day: the cause's time finds the day.
create or replace view reader.v_explain as
select x.execution_id,
       x.client_order_id,
       x.symbol,
       x.side,
       x.fill_price,
       x.fill_qty,
       x.commission,
       x.timestamp as filled_at,
       asked.time as order_time,
       i.stream as intent_stream,
       i.partition as intent_partition,
       i.epoch as intent_epoch,
       i.sequence as intent_sequence,
       i.time as intent_time,
       i.purpose,
       i.reason as intent_reason,
       i.position_id,
       p.pnl as position_pnl,
       i.cause_stream as decided_by,
       s.sequence as signal_sequence,
       s.epoch as signal_epoch,
       s.partition as signal_partition,
       s.time as signal_time,
       s.strategy,
       s.action,
       s.edge_bp,
       s.cost_bp,
       s.reason as signal_reason,
       s.inputs as signal_inputs,
       t.partition as tick_partition,
       t.epoch as tick_epoch,
       t.sequence as tick_sequence,
       t.time as tick_time,
       t.kind as tick_kind,
       t.feed as tick_feed,
       t.synthetic as tick_synthetic,
       t.bid as tick_bid,
       t.ask as tick_ask,
       t.price as tick_price
  from broker_gateway.executions x
  -- The order event that answers the intent names it as its cause; later ones are caused by the venue.
  left join lateral (
    select o.time, o.cause_partition, o.cause_epoch, o.cause_sequence
      from broker_gateway.order_events o
     where o.client_order_id = x.client_order_id and o.cause_stream = 'intent' and o.intent_kind = 'PLACE'
     order by o.epoch, o.sequence
     limit 1) asked on true
  left join position_manager.intents i
    on i.partition = asked.cause_partition and i.epoch = asked.cause_epoch and i.sequence = asked.cause_sequence
  left join position_manager.positions p on p.id = i.position_id
  left join metrics_engine.signals s
    on i.cause_stream = 'signal' and s.partition = i.cause_partition and s.epoch = i.cause_epoch and s.sequence = i.cause_sequence
  left join metrics_engine.metrics m
    on s.cause_stream = 'metrics' and m.partition = s.cause_partition and m.epoch = s.cause_epoch and m.sequence = s.cause_sequence
   and m.time = s.cause_time
  -- The nearest cause that is a tick: the intent's own (a stop), the signal's, or its metrics'. The time finds the day's partition.
  left join lateral (
    select c.cause_partition, c.cause_epoch, c.cause_sequence, c.cause_time
      from (values (1, i.cause_stream, i.cause_partition, i.cause_epoch, i.cause_sequence, i.cause_time),
                   (2, s.cause_stream, s.cause_partition, s.cause_epoch, s.cause_sequence, s.cause_time),
                   (3, m.cause_stream, m.cause_partition, m.cause_epoch, m.cause_sequence, m.cause_time))
           as c(rank, cause_stream, cause_partition, cause_epoch, cause_sequence, cause_time)
     where c.cause_stream = 'tick'
     order by c.rank
     limit 1) began on true
  left join tick_ingestor.ticks t
    on t.partition = began.cause_partition and t.epoch = began.cause_epoch and t.sequence = began.cause_sequence
   and t.time = began.cause_time;

drop table if exists metrics_engine.metrics_before_days;
