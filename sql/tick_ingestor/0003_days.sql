-- Ticks keep their days, by the functions every service has.
select tickmesh.declare_days('tick_ingestor');
drop function tick_ingestor.ensure_ticks_day(date);
drop function tick_ingestor.drop_ticks_before(date);
