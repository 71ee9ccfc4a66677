-- Events that SQL refuses, and how much a gap held.
select tickmesh.declare_rejects('api_gateway');
