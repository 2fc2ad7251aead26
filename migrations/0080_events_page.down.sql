drop table event_view;
